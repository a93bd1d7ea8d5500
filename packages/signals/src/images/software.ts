/**
 * What pictures and sounds say they were written by, where their formats have a place for it; so a program knows its
 * own results again.
 */
export const SOFTWARE = 'neural-fields';
