/** @file Shapes: read, learned, and compared with what was learned. */
export { decodeShapeInput, inspectMesh } from './read-shape.ts';
export { describeShapeQuality, measureShape, SHELL } from './shape-quality.ts';
export { type ShapeTermOptions, shapeTerms } from './shape-terms.ts';
