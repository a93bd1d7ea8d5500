/** The software name in the metadata of encoded images and sounds, by which a program can recognise its own files. */
export const SOFTWARE = 'neural-fields';
