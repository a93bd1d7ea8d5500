/** @file Computes a field's jet and its gradients on any backend, and compares two backends. */
import {
  createRng,
  type DerivativeRequest,
  evaluateJet,
  executionPlan,
  type Field,
  type Jet,
} from '@neural-fields/core';
import { PROGRAM_KERNELS } from '@neural-fields/core/kernels';
import { expectCloseInNorm, maxAbsolute } from '@neural-fields/testing';
import {
  add,
  engine,
  getBackend,
  mul,
  scalar,
  setBackend,
  sum,
  type Tensor,
  type Tensor2D,
  tensor,
  tensor2d,
} from '@tensorflow/tfjs-core';
import { expect } from 'vitest';

/** A jet, and the gradients of a fixed linear function of it. */
export interface Measured {
  readonly jet: Readonly<Record<string, Float32Array>>;
  readonly coords: Float32Array;
  readonly parameters: Readonly<Record<string, Float32Array>>;
}

/**
 * The weight of the i-th element of a part of the jet in that linear function. The weights have either sign, and all
 * differ.
 */
export const measuredWeight = (i: number): number => Math.fround(Math.sin(1 + 1.7 * i));

const weightsLike = ({ shape, size }: Tensor): Tensor =>
  tensor(
    new Float32Array(size).map((_, i) => measuredWeight(i)),
    shape,
  );

const partsOf = (jet: Jet<DerivativeRequest>): [string, Tensor][] =>
  Object.entries(jet).flatMap(([name, part]): [string, Tensor][] =>
    Array.isArray(part) ? part.map((form: Tensor, j) => [`${name}.${j}`, form]) : [[name, part as Tensor]],
  );

const valuesOf = async (entries: readonly [string, Tensor][]): Promise<Record<string, Float32Array>> =>
  Object.fromEntries(
    await Promise.all(entries.map(async ([name, part]) => [name, (await part.data()) as Float32Array] as const)),
  );

/** Points in [-1, 1]^d: `f32[n * inFeatures]`, the same at every call. */
export const pointsFor = ({ inFeatures }: Field, n: number): Float32Array => {
  const rng = createRng(11);
  return Float32Array.from({ length: n * inFeatures }, () => 2 * rng.uniform() - 1);
};

/** Evaluates a field on a backend. The parameters are read first, so they may be on another backend. */
export const measure = async (
  backend: string,
  field: Field,
  coords: Float32Array,
  request: DerivativeRequest,
): Promise<Measured> => {
  const names = Object.keys(field.parameters);
  const values = await valuesOf(Object.entries(field.parameters));
  await setBackend(backend);
  engine().startScope();
  const points: Tensor2D = tensor2d(coords.slice(), [coords.length / field.inFeatures, field.inFeatures]);
  const parameters = names.map(name => tensor(values[name] as Float32Array, field.parameters[name]?.shape));
  const record = Object.fromEntries(names.map((name, index) => [name, parameters[index] as Tensor]));
  const jet = evaluateJet(field.spec, record, points, request, field.extensions) as Jet<DerivativeRequest>;
  const { grads } = engine().gradients(
    () => {
      const parts = partsOf(
        evaluateJet(field.spec, record, points, request, field.extensions) as Jet<DerivativeRequest>,
      );
      return parts.map(([, part]) => sum(mul(part, weightsLike(part)))).reduce((a, b) => add(a, b));
    },
    [points, ...parameters],
    scalar(1),
    true,
  );
  const gradients = await valuesOf(
    grads.map((gradient: Tensor | null, index): [string, Tensor] => [
      index === 0 ? '' : (names[index - 1] as string),
      gradient ?? scalar(0),
    ]),
  );
  const { '': coordsGradient, ...parameterGradients } = gradients;
  const result = {
    jet: await valuesOf(partsOf(jet)),
    coords: coordsGradient as Float32Array,
    parameters: parameterGradients,
  };
  engine().endScope();
  return result;
};

/**
 * Both paths are float32 sums in different orders, so `relative` is twice the error of one of them. The tolerance of
 * gradients is relative to the largest of all, as small ones may be sums of large terms.
 */
const expectSame = (actual: Measured, expected: Measured, relative: number): void => {
  for (const [name, values] of Object.entries(expected.jet))
    expectCloseInNorm(actual.jet[name] as Float32Array, values, { relative, absolute: 1e-5 }, name);
  expectCloseInNorm(actual.coords, expected.coords, { relative, absolute: 1e-5 }, 'coords');
  const all = Math.max(...Object.values(expected.parameters).map(maxAbsolute));
  for (const [name, values] of Object.entries(expected.parameters))
    expectCloseInNorm(actual.parameters[name] as Float32Array, values, { absolute: relative * all + 1e-5 }, name);
};

/** Options of {@link expectParity}. */
export interface ParityOptions {
  /** The backend with fused kernels; the backend `cpu`, which must be registered too, computes in ordinary ops. */
  readonly backend: string;
  readonly field: Field;
  readonly points: number;
  readonly request: DerivativeRequest;
  /** Tolerance relative to the largest value; 2e-5 if absent. */
  readonly relative?: number | undefined;
  /** How much of the field must run in the backend's kernels: all of it if absent; `any` for no requirement. */
  readonly fused?: 'whole' | 'part' | 'none' | 'any' | undefined;
}

/** Checks how much of a field ran in a backend's kernels. @param kernels the names of the kernels that ran */
const expectFused = ({ backend, field, request, fused = 'whole' }: ParityOptions, kernels: readonly string[]): void => {
  if (fused === 'any') return;
  if (getBackend() !== backend) throw new Error(`expectFused: the backend must be '${backend}', got '${getBackend()}'`);
  const { fused: inside, composed } = executionPlan(field.spec, request, field.extensions);
  const ran = [PROGRAM_KERNELS.forward, PROGRAM_KERNELS.backward].map(name => kernels.includes(name));
  expect({ ran, inside: inside.length > 0, composed: composed.length > 0 }).toEqual({
    ran: fused === 'none' ? [false, false] : [true, true],
    inside: fused !== 'none',
    composed: fused !== 'whole',
  });
};

/**
 * Checks that a backend agrees with the composed jet and with its gradients with respect to parameters and coordinates,
 * and that it computes them in its kernels.
 */
export const expectParity = async (options: ParityOptions): Promise<void> => {
  const { backend, field, points, request, relative = 2e-5 } = options;
  const coords = pointsFor(field, points);
  let measured: Measured | undefined;
  const kernels = await kernelsOf(async () => {
    measured = await measure(backend, field, coords, request);
  });
  expectFused(options, kernels);
  const actual = measured as Measured;
  expectSame(actual, await measure('cpu', field, coords, request), relative);
};

/** The names of the kernels that a function runs. */
export const kernelsOf = async (work: () => Promise<unknown>): Promise<string[]> => {
  const { kernelNames } = await engine().profile(async () => {
    await work();
    return [];
  });
  return kernelNames;
};
