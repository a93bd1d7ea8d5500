/** @file `@neural-fields/shapes/node`: shape files on disk. */
export { readShape, type WriteShapeOptions, writeShape } from './node/shape-files.ts';
