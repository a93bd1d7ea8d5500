/** @file Float64 jets of functions in Taylor arithmetic, and their conversion to tensors. */
import type { DerivativeRequest, Jet } from '@neural-fields/core';
import { type TaylorAlgebra, type TaylorNumber, taylorAlgebra } from '@neural-fields/testing';
import { tensor2d, tensor3d, tensor4d } from '@tensorflow/tfjs-core';

/** All derivatives at one point, to second order. */
export interface PointJet {
  /** `[o]` */
  value: number[];
  /** `[d][o]` */
  gradient: number[][];
  /** `[d][d][o]`, symmetric */
  hessian: number[][][];
}

/** A function of d coordinates with o outputs. */
export type TaylorFunction = (t: TaylorAlgebra, x: readonly TaylorNumber[]) => readonly TaylorNumber[];

/** The jet of a function at a point. */
export const jetOf = (f: TaylorFunction, point: readonly number[]): PointJet => {
  const d = point.length;
  const t = taylorAlgebra(d, 2);
  const outputs = f(
    t,
    point.map((x, k) => t.variable(k, x)),
  );
  const axes = point.map((_, k) => k);
  const along = (...ks: number[]): number[] =>
    outputs.map(u =>
      t.derivative(
        u,
        axes.map(axis => ks.filter(k => k === axis).length),
      ),
    );
  return { value: along(), gradient: axes.map(k => along(k)), hessian: axes.map(k => axes.map(l => along(k, l))) };
};

/** The diagonal second-order form of a Hessian with these weights. */
export const formOf = ({ hessian }: PointJet, weights: readonly number[]): number[] =>
  (hessian[0]?.[0] ?? []).map((_, o) => weights.reduce((sum, w, k) => sum + w * (hessian[k]?.[k]?.[o] as number), 0));

/** The values of the jets at n points that a request asks for, flat, by part; `second` must be diagonal forms. */
export const flatJet = (jets: readonly PointJet[], request: DerivativeRequest): Record<string, number[]> => ({
  value: jets.flatMap(({ value }) => value),
  ...(request.gradient && { gradient: jets.flatMap(({ gradient }) => gradient.flat()) }),
  ...(request.laplacian && {
    laplacian: jets.flatMap(jet =>
      formOf(
        jet,
        jet.gradient.map(() => 1),
      ),
    ),
  }),
  ...(request.hessian && { hessian: jets.flatMap(({ hessian }) => hessian.flat(2)) }),
  ...Object.fromEntries(
    (request.second ?? []).map((form, j) => [
      `second${j}`,
      jets.flatMap(jet => formOf(jet, form as readonly number[])),
    ]),
  ),
});

/** Converts jets to tensors. */
export const tensorJet = <R extends DerivativeRequest>(jets: readonly PointJet[], request: R): Jet<R> => {
  const flat = flatJet(jets, request);
  const n = jets.length;
  const d = jets[0]?.gradient.length ?? 0;
  const o = jets[0]?.value.length ?? 0;
  return {
    value: tensor2d(flat['value'] as number[], [n, o]),
    ...(request.gradient && { gradient: tensor3d(flat['gradient'] as number[], [n, d, o]) }),
    ...(request.laplacian && { laplacian: tensor2d(flat['laplacian'] as number[], [n, o]) }),
    ...(request.hessian && { hessian: tensor4d(flat['hessian'] as number[], [n, d, d, o]) }),
    ...(request.second && { second: request.second.map((_, j) => tensor2d(flat[`second${j}`] as number[], [n, o])) }),
  } as Jet<R>;
};
