import type { PointSource } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { type ArrayView, elementCount, formatShape } from '../arrays/array-view.ts';
import { axisCoordinate } from '../grids/axis.ts';
import { assertPointCount } from './assert-point-count.ts';
import { createPermutation } from './permutation.ts';
import { consecutive, createPointSet, type PointSet } from './point-set.ts';
import { type SampleOptions, samples } from './samples.ts';
import { createSignal, type Signal } from './signal.ts';

/** The options of {@link coarseToFine}. */
export interface CoarseToFineOptions extends SampleOptions {
  /** The number of points in a step: at most that of the coarsest grid. */
  readonly count: number;
  /** The number of grids, each with half as many samples along each axis as the next; 3 if absent. */
  readonly levels?: number;
  /** The share of all steps after which only the samples themselves are used, in (0, 1]; 0.5 if absent. */
  readonly until?: number;
}

/** The averages of a signal over blocks of `side` samples along each axis, at the mean coordinates of each block. */
const blockAverages = ({ shape, axes, targets }: Signal, side: number): PointSet => {
  const coarse = shape.map(length => Math.ceil(length / side));
  const centres = axes.map((axis, k) =>
    Float64Array.from({ length: coarse[k]! }, (_, i) => {
      const last = Math.min(axis.length, (i + 1) * side) - 1;
      return (axisCoordinate(axis, i * side) + axisCoordinate(axis, last)) / 2;
    }),
  );
  const size = elementCount(coarse);
  const dimensions = shape.length;
  const sums = targets.map(({ channels }) => new Float64Array(size * channels));
  const counts = new Float64Array(size);
  const index = shape.map(() => 0);
  for (let point = 0; point < elementCount(shape); point++) {
    const block = index.reduce((at, i, axis) => at * coarse[axis]! + Math.floor(i / side), 0);
    counts[block]!++;
    for (const [t, { data, offset, stride, channels, channelStride, factor, shift }] of targets.entries()) {
      const from = index.reduce((at, i, axis) => at + i * stride[axis]!, offset);
      for (let c = 0; c < channels; c++)
        sums[t]![block * channels + c]! += data[from + c * channelStride]! * factor + shift;
    }
    for (let axis = dimensions - 1; axis >= 0; axis--) {
      if (++index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return createPointSet(dimensions, size, indices => {
    const coords = new Float32Array(indices.length * dimensions);
    const values = targets.map(({ channels }) => new Float32Array(indices.length * channels));
    for (let point = 0; point < indices.length; point++) {
      let rest = indices[point]!;
      for (const [t, { channels }] of targets.entries())
        for (let c = 0; c < channels; c++)
          values[t]![point * channels + c] = sums[t]![rest * channels + c]! / counts[rest]!;
      for (let axis = dimensions - 1; axis >= 0; axis--) {
        coords[point * dimensions + axis] = centres[axis]![rest % coarse[axis]!]!;
        rest = Math.floor(rest / coarse[axis]!);
      }
    }
    return { coords, targets: Object.fromEntries(targets.map(({ name }, t) => [name, values[t]!])) };
  });
};

/**
 * Random points of coarser grids first, and of the signal's own grid at the end: averages over blocks of 2^(levels - 1)
 * samples along each axis, then of half as many, and so on, each for an equal share of the first `until` of all steps.
 * The points of a step are distinct.
 *
 * @param signal `[...grid, channels]`, e.g. an image `[height, width, channels]`
 * @throws RangeError when `levels` is not a positive integer, the coarsest grid has a single sample along every axis or
 *   fewer points than `count`, or `until` is out of its range; and as `samples`
 * @throws TypeError as `samples`
 */
export const coarseToFine = (signal: ArrayView, given: CoarseToFineOptions): PointSource => {
  assertOptions('coarseToFine', given, {
    count: 1,
    levels: 1,
    until: 1,
    convention: 1,
    aspect: 1,
    spans: 1,
    valueScale: 1,
    range: 1,
    targets: 1,
  });
  const { count, levels = 3, until = 0.5, ...options } = given;
  const finest = samples(signal, options);
  if (!(Number.isSafeInteger(levels) && levels >= 1 && levels <= 32))
    throw new RangeError(`coarseToFine: levels must be an integer from 1 to 32, got ${levels}`);
  if (!(until > 0 && until <= 1)) throw new RangeError(`coarseToFine: until must be in (0, 1], got ${until}`);
  const grid = signal.shape.slice(0, -1);
  if (levels > 1 && Math.max(...grid) <= 2 ** (levels - 1))
    throw new RangeError(
      `coarseToFine: levels must leave more than one block of a grid ${formatShape(grid)}, got ${levels}`,
    );
  const source = createSignal('coarseToFine', signal, options);
  const sets = Array.from({ length: levels }, (_, level) =>
    level === levels - 1 ? finest : blockAverages(source, 2 ** (levels - 1 - level)),
  );
  assertPointCount('coarseToFine', count, sets[0]!.size);
  return {
    inFeatures: finest.inFeatures,
    pointsPerStep: count,
    fixed: false,
    draw(start, n, rng, { step, steps }) {
      const share = (step - 1) / (until * steps);
      const level = levels === 1 ? 0 : Math.min(levels - 1, Math.floor(share * (levels - 1)));
      const points = sets[level]!;
      return points.at(consecutive(start, n).map(createPermutation(points.size, rng)));
    },
  };
};
