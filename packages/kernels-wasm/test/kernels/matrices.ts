/** @file Matrices in float64, as lists of rows. */

export type Matrix = readonly (readonly number[])[];

export const product = (a: Matrix, b: Matrix): number[][] =>
  a.map(row => (b[0] ?? []).map((_, j) => row.reduce((sum, value, k) => sum + value * (b[k]?.[j] as number), 0)));

export const transpose = (m: Matrix): number[][] => m[0]?.map((_, j) => m.map(row => row[j] as number)) ?? [];
