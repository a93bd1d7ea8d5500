/** @file `@neural-fields/signals/node`: image and sound files on disk. */
export { readAudio, writeAudio } from './node/audio-files.ts';
export { type ReadImageOptions, readImage, type WriteImageOptions, writeImage } from './node/image-files.ts';
export { createImageWriter, type ImageWriter, type ImageWriterOptions } from './node/image-writer.ts';
