/** @file `@neural-fields/shapes/node`: shapes in files on disk. */
export { readShape, type WriteShapeOptions, writeShape } from './node/shape-files.ts';
