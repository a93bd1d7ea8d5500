/** @file The initialisers of the core package: an explicit list, found by their kind. */
import type { Rng } from '../random.ts';
import type { InitialiserContext } from './initialiser.ts';
import { type KaimingSpec, kaimingNormal, kaimingUniform } from './kaiming.ts';
import { pytorchLinear } from './pytorch-linear.ts';
import { sirenFirst, sirenHidden } from './siren.ts';
import { type UniformSpec, uniform, zeros } from './uniform.ts';
import { type XavierSpec, xavierNormal, xavierUniform } from './xavier.ts';

/** The JSON form of an initialiser. */
export type InitialiserSpec =
  | { readonly kind: 'siren-first' }
  | { readonly kind: 'siren-hidden' }
  | { readonly kind: 'pytorch-linear' }
  | { readonly kind: 'zeros' }
  | UniformSpec
  | XavierSpec
  | KaimingSpec;

const KINDS: readonly string[] = [
  'siren-first',
  'siren-hidden',
  'pytorch-linear',
  'zeros',
  'uniform',
  'xavier-uniform',
  'xavier-normal',
  'kaiming-uniform',
  'kaiming-normal',
] satisfies InitialiserSpec['kind'][];

/** Checks the JSON form of an initialiser; `what` names it in errors. @throws TypeError or RangeError */
export const assertInitialiser = (what: string, spec: InitialiserSpec): void => {
  if (typeof spec?.kind !== 'string') throw new TypeError(`${what} must be an object with a kind, got ${JSON.stringify(spec)}`);
  if (!KINDS.includes(spec.kind)) throw new RangeError(`${what}: unknown kind '${spec.kind}'; known are ${KINDS.join(', ')}`);
};

/** The values of a parameter. */
const fill = (spec: InitialiserSpec, values: Float32Array, context: InitialiserContext, rng: Rng): void => {
  switch (spec.kind) {
    case 'siren-first':
      sirenFirst(values, context, rng);
      break;
    case 'siren-hidden':
      sirenHidden(values, context, rng);
      break;
    case 'pytorch-linear':
      pytorchLinear(values, context, rng);
      break;
    case 'zeros':
      zeros(values);
      break;
    case 'uniform':
      uniform(values, spec, rng);
      break;
    case 'xavier-uniform':
      xavierUniform(values, spec, context, rng);
      break;
    case 'xavier-normal':
      xavierNormal(values, spec, context, rng);
      break;
    case 'kaiming-uniform':
      kaimingUniform(values, spec, context, rng);
      break;
    case 'kaiming-normal':
      kaimingNormal(values, spec, context, rng);
      break;
  }
};

/**
 * Makes the initial values of a parameter, row-major.
 *
 * @throws RangeError when the initialiser is unknown or does not suit the layer
 */
export const initialise = (
  spec: InitialiserSpec,
  shape: readonly number[],
  context: InitialiserContext,
  rng: Rng,
): Float32Array => {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  fill(spec, values, context, rng);
  return values;
};
