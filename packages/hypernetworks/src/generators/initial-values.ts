/** @file Initial values of a generator's parameters. */
import type { ParameterEntry, Rng } from '@neural-fields/core';

/** n samples of N(0, deviation^2). */
export const normalValues = (size: number, deviation: number, rng: Rng): Float32Array =>
  Float32Array.from({ length: size }, () => deviation * rng.normal());

/** n samples of U(-bound, bound). */
export const uniformValues = (size: number, bound: number, rng: Rng): Float32Array =>
  Float32Array.from({ length: size }, () => bound * (2 * rng.uniform() - 1));

/** The standard deviation of Kaiming's initialisation for ReLU, fan-in mode: He et al. 2015, arXiv:1502.01852. */
export const kaiming = (fanIn: number): number => Math.sqrt(2 / fanIn);

/** A parameter that starts with the values that a field of its own would start with. */
export const startOf = ({
  shape,
  initialise,
}: ParameterEntry): { shape: readonly number[]; initialise(rng: Rng): Float32Array } => ({
  shape,
  initialise: rng => initialise(rng),
});
