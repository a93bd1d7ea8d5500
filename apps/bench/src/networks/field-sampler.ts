/** @file A fitted field as a task sees it: coordinates in [-1, 1], derivatives by these. */
import { pointsPerPass, type Quantity } from '@neural-fields/app-kit/render';
import type { Field } from '@neural-fields/core';
import { type Tensor, type Tensor2D, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { SampledField } from './tasks/task.ts';

/** Evaluates a quantity at all points, a bounded number at a time. */
const sampleQuantity = async (
  field: Field,
  coords: Float32Array,
  { quantity, of }: { readonly quantity: Quantity; of(points: Tensor2D): Tensor },
): Promise<Float32Array> => {
  const d = field.inFeatures;
  const count = coords.length / d;
  const size = pointsPerPass(field, quantity);
  const width = field.outFeatures * (quantity === 'gradient' ? d : 1);
  const all = new Float32Array(count * width);
  for (let start = 0; start < count; start += size) {
    const length = Math.min(size, count - start);
    const result = tidy(() => of(tensor2d(coords.slice(d * start, d * (start + length)), [length, d])));
    all.set(await result.data(), width * start);
    result.dispose();
  }
  return all;
};

/** @param scale the factor on the coordinates that the field gets */
export const sampledField = (field: Field, scale: number): SampledField => {
  const scaled = (coords: Float32Array): Float32Array => (scale === 1 ? coords : coords.map(x => scale * x));
  const sample = async (
    coords: Float32Array,
    order: 0 | 1 | 2,
    what: Parameters<typeof sampleQuantity>[2],
  ): Promise<Float32Array> => {
    const values = await sampleQuantity(field, scaled(coords), what);
    return scale === 1 || order === 0 ? values : values.map(value => value * scale ** order);
  };
  return {
    value: coords => sample(coords, 0, { quantity: 'value', of: points => field.evaluate(points) }),
    gradient: coords =>
      sample(coords, 1, { quantity: 'gradient', of: points => field.jet(points, { gradient: true }).gradient }),
    laplacian: coords =>
      sample(coords, 2, { quantity: 'laplacian', of: points => field.jet(points, { laplacian: true }).laplacian }),
  };
};
