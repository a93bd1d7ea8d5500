/** @file `@neural-fields/core/render`: field files drawn on the CPU, without TensorFlow.js. */
export { createRenderField, decodeRenderField, type RenderField, type RenderOptions } from './render/render-field.ts';
