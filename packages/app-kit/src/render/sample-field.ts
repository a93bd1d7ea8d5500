/** @file The values of a field, computed for a bounded number of points at a time. */
import { type Field, parameterLayout } from '@neural-fields/core';
import { sqrt, square, sum, type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core';

/** What is sampled: the value, the length of the gradient, or the Laplacian; each for every output separately. */
export type Quantity = 'value' | 'gradient' | 'laplacian';

/** The approximate maximum number of values in a pass: 64 MiB. */
const PASS_NUMBERS = 2 ** 24;
/** Copies of a layer's activations that are alive at once in a forward pass of composed ops. */
const COPIES = 4;

/** How many points to evaluate at once. */
export const pointsPerPass = (field: Field, quantity: Quantity): number => {
  const widest = Math.max(
    ...parameterLayout(field.spec, field.extensions).entries.map(({ shape }) => shape.at(-1) as number),
  );
  const rows = { value: 1, gradient: 1 + field.inFeatures, laplacian: 2 + field.inFeatures }[quantity];
  return Math.max(256, Math.min(65_536, Math.floor(PASS_NUMBERS / (widest * rows * COPIES))));
};

const quantityAt = (field: Field, coords: Tensor2D, quantity: Quantity): Tensor2D => {
  switch (quantity) {
    case 'value':
      return field.evaluate(coords);
    case 'gradient':
      return sqrt(sum(square(field.jet(coords, { gradient: true }).gradient), 1)) as Tensor2D;
    case 'laplacian':
      return field.jet(coords, { laplacian: true }).laplacian;
  }
};

/**
 * Evaluates a field at some points.
 *
 * @param coords `f32[n, inFeatures]`
 * @returns `f32[n, outFeatures]`, in the field's own units
 */
export const sampleField = async (field: Field, coords: Float32Array, quantity: Quantity): Promise<Float32Array> => {
  const result = tidy(() =>
    quantityAt(field, tensor2d(coords, [coords.length / field.inFeatures, field.inFeatures]), quantity),
  );
  const values = Float32Array.from(await result.data());
  result.dispose();
  return values;
};

/** Points that are generated on demand. */
export interface PointRange {
  readonly count: number;
  /** The coordinates of the points `start` ... `start + count - 1`. */
  coords(start: number, count: number): Float32Array;
}

/** Yields to the event loop, so that timers and signals are handled. */
const breathe = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/**
 * Evaluates a field at many points, in order and in passes.
 *
 * @param visit called for each pass with the index of its first point and `f32[n, outFeatures]`
 * @throws the reason of `signal` when it is aborted
 */
export const sampleRange = async (
  field: Field,
  points: PointRange,
  { quantity, signal }: { readonly quantity: Quantity; readonly signal?: AbortSignal | undefined },
  visit: (start: number, values: Float32Array) => void | Promise<void>,
): Promise<void> => {
  const size = pointsPerPass(field, quantity);
  for (let start = 0; start < points.count; start += size) {
    await breathe();
    signal?.throwIfAborted();
    await visit(start, await sampleField(field, points.coords(start, Math.min(size, points.count - start)), quantity));
  }
};

/** All values at once: `f32[points.count, outFeatures]`. */
export const sampleAll = async (
  field: Field,
  points: PointRange,
  options: { readonly quantity: Quantity; readonly signal?: AbortSignal | undefined },
): Promise<Float32Array> => {
  const all = new Float32Array(points.count * field.outFeatures);
  await sampleRange(field, points, options, (start, values) => all.set(values, start * field.outFeatures));
  return all;
};
