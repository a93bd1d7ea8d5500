/** @file The jet of a field: its value and the requested derivatives, at a batch of points. */
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { DerivativeRequest, SecondOrderForm } from './request.ts';

/**
 * A field's value and derivatives at n points; d coordinates, o outputs. The request determines which derivatives are
 * present.
 *
 * - `value` f32[n, o]
 * - `gradient` f32[n, d, o]: `gradient[., k, .]` is the derivative along coordinate k
 * - `laplacian` f32[n, o]: the sum of the second derivatives along all coordinates
 * - `hessian` f32[n, d, d, o]
 * - `second`: one f32[n, o] for each requested form, in order
 */
export type Jet<R extends DerivativeRequest = Record<never, never>> = { readonly value: Tensor2D } & (R extends {
  readonly gradient: true;
}
  ? { readonly gradient: Tensor3D }
  : unknown) &
  (R extends { readonly laplacian: true } ? { readonly laplacian: Tensor2D } : unknown) &
  (R extends { readonly hessian: true } ? { readonly hessian: Tensor4D } : unknown) &
  (R extends { readonly second: infer F extends readonly SecondOrderForm[] }
    ? { readonly second: { readonly [K in keyof F]: Tensor2D } }
    : unknown);

/** Anything that gives jets at coordinates `f32[n, inFeatures]`: a field, or a user's own function. */
export interface JetSource {
  readonly inFeatures: number;
  jet<const R extends DerivativeRequest>(coords: Tensor2D, request: R): Jet<R>;
}
