/** @file What a user of this project would write for many small fields. */
import { type FieldSpec, type PointSource, siren, type Term, term } from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import type { FieldsProblem } from '../protocol.ts';
import { OUT_FEATURES } from './fields-data.ts';

/** The network of each field. */
export const fieldSpec = ({ width, layers, omega }: FieldsProblem): FieldSpec =>
  siren({
    ...{ inFeatures: 2, outFeatures: OUT_FEATURES, hiddenFeatures: width, hiddenLayers: layers - 1 },
    ...{ omega0: omega, omegaHidden: omega },
  });

/**
 * The task of one field, or of all at once.
 *
 * @param coords `f32[n, 2]`
 * @param targets `f32[n, 3]`, or `f32[b, n, 3]` with b as `fields`
 */
export const fieldTask = (coords: Float32Array, targets: Float32Array, fields?: number): readonly Term[] => {
  const count = coords.length / 2;
  const size = OUT_FEATURES * count;
  const drawTargets = (start: number, drawn: number): Float32Array => {
    const part = (all: Float32Array): Float32Array =>
      all.subarray(OUT_FEATURES * start, OUT_FEATURES * (start + drawn));
    if (drawn === count) return targets;
    if (fields === undefined) return part(targets);
    const parts = new Float32Array(fields * drawn * OUT_FEATURES);
    for (let field = 0; field < fields; field++)
      parts.set(part(targets.subarray(field * size, (field + 1) * size)), field * drawn * OUT_FEATURES);
    return parts;
  };
  const points: PointSource = {
    ...{ inFeatures: 2, pointsPerStep: count, fixed: true },
    ...(fields !== undefined && { fields }),
    draw: (start, drawn) => ({
      coords: coords.subarray(2 * start, 2 * (start + drawn)),
      targets: { value: drawTargets(start, drawn) },
    }),
  };
  return [term({ points, loss: mse() })];
};
