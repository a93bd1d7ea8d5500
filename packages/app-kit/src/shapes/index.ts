/** @file Shapes: reading them, fitting fields to them, and measuring the result. */
export { decodeShapeInput, inspectMesh } from './read-shape.ts';
export { describeShapeQuality, measureShape, SHELL } from './shape-quality.ts';
export { type ShapeTermOptions, shapeTerms } from './shape-terms.ts';
