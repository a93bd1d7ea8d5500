/** @file The numbers of workgroups of dispatches. */
import { linearGroups, type Step } from '../../device/plan.ts';
import { EACH_THREADS } from '../../wgsl/ops/each.ts';
import { pointRange } from '../../wgsl/point-range.ts';
import { productCode } from '../../wgsl/product.ts';
import { padded } from '../field-program.ts';
import type { PassOptions } from './operation-kernels.ts';

export type Dispatch = Pick<Step, 'sizes' | 'groups'>;

/** The number of workgroups of a dispatch. */
export const workgroupsOf = ({ groups: [x, y, z] }: Pick<Step, 'groups'>): number => x * y * z;

/** One thread for every four features of each row. */
export const overRows = (rows: number, features: number): Dispatch => {
  const { groups, columns } = linearGroups((rows * padded(features)) / 4, EACH_THREADS);
  return { sizes: { rows, columns }, groups };
};

/** Points of all fields, and whether each workgroup has points of only one field. */
type Points = Pick<PassOptions, 'points' | 'fields'> & { readonly perField?: boolean };

/** Workgroups for all points; with `perField`, those for the points of one field, repeated for each field. */
const overFields = ({ points, fields, perField = false }: Points, make: (points: number) => Dispatch): Dispatch => {
  const fieldPoints = points / fields;
  const { sizes, groups } = make(perField ? fieldPoints : points);
  const [x, y] = groups;
  return {
    sizes: { ...sizes, points, fieldPoints, fields, fieldGroups: x * y },
    groups: [x, y, perField ? fields : 1],
  };
};

/** `threads` threads for every point. */
export const overPoints = (points: Points, threads: number): Dispatch =>
  overFields(points, count => {
    const { groups, columns } = linearGroups(count * threads, EACH_THREADS);
    return { sizes: { columns }, groups };
  });

/** One thread for each element. */
export const overElements = (count: number, threads: number): Dispatch => {
  const { groups, columns } = linearGroups(count, threads);
  return { sizes: { count, columns }, groups };
};

/** A product of rows with a matrix of `columns` columns. */
export const overProduct = (
  columns: number,
  { blocks, style, ...points }: Points & Pick<PassOptions, 'style'> & { readonly blocks: number },
): Dispatch => {
  const matrix = { rows: 1, columns };
  const range = pointRange(points.perField ?? false);
  const code = productCode({ blocks, inner: 1, matrix, transposed: false, half: false, range }, style);
  return overFields(points, count => ({
    sizes: {},
    groups: [Math.ceil(padded(columns) / 4 / code.workgroup[0]), Math.ceil(count / code.points), 1],
  }));
};
