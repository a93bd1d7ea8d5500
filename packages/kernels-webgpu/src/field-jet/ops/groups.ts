/** @file How many workgroups dispatches have. */
import { linearGroups, type Step } from '../../device/plan.ts';
import { EACH_THREADS } from '../../wgsl/ops/each.ts';
import { productCode } from '../../wgsl/product.ts';
import { padded } from '../field-program.ts';
import type { PassOptions } from './operation-kernels.ts';

type Dispatch = Pick<Step, 'sizes' | 'groups'>;

/** A thread for every four features of so many rows. */
export const overRows = (rows: number, features: number): Dispatch => {
  const { groups, columns } = linearGroups((rows * padded(features)) / 4, EACH_THREADS);
  return { sizes: { rows, columns }, groups };
};

/** So many threads for every point. */
export const overPoints = (points: number, threads: number): Dispatch => {
  const { groups, columns } = linearGroups(points * threads, EACH_THREADS);
  return { sizes: { points, columns }, groups };
};

/** A thread for each of so many numbers. */
export const overNumbers = (count: number, threads: number): Dispatch => {
  const { groups, columns } = linearGroups(count, threads);
  return { sizes: { count, columns }, groups };
};

/** Workgroups of a product of rows with a matrix of so many columns. */
export const productGroups = (
  columns: number,
  { points, blocks, style }: Pick<PassOptions, 'points' | 'style'> & { readonly blocks: number },
): readonly [number, number, number] => {
  const code = productCode({ blocks, inner: 1, matrix: { rows: 1, columns }, transposed: false, half: false }, style);
  return [Math.ceil(padded(columns) / 4 / code.workgroup[0]), Math.ceil(points / code.points), 1];
};
