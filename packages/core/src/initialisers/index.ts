/** @file The initialisers of core, looked up by their kind. */
import type { Rng } from '../random.ts';
import type { InitialiserContext, InitialiserDefinition, InitialiserSpecBase } from './initialiser.ts';
import { type KaimingSpec, kaimingNormal, kaimingUniform } from './kaiming.ts';
import { pytorchLinear } from './pytorch-linear.ts';
import { type SirenFirstSpec, type SirenHiddenSpec, sirenFirst, sirenHidden } from './siren.ts';
import { type TruncatedNormalSpec, truncatedNormal } from './truncated-normal.ts';
import { type UniformSpec, uniform, zeros } from './uniform.ts';
import { type XavierSpec, xavierNormal, xavierUniform } from './xavier.ts';

/** The JSON form of an initialiser: one of core's, or of a kind that an extension defines. */
export type InitialiserSpec =
  | SirenFirstSpec
  | SirenHiddenSpec
  | { readonly kind: 'pytorch-linear' }
  | { readonly kind: 'zeros' }
  | UniformSpec
  | XavierSpec
  | KaimingSpec
  | TruncatedNormalSpec
  | (InitialiserSpecBase & Readonly<Record<string, unknown>>);

/** All initialisers of core. */
export const coreInitialisers: readonly InitialiserDefinition[] = [
  sirenFirst,
  sirenHidden,
  pytorchLinear,
  zeros,
  uniform,
  xavierUniform,
  xavierNormal,
  kaimingUniform,
  kaimingNormal,
  truncatedNormal,
];

const find = (kind: string, extensions: readonly InitialiserDefinition[]): InitialiserDefinition | undefined =>
  [...extensions, ...coreInitialisers].find(candidate => candidate.kind === kind);

/** Checks the JSON form of an initialiser; `what` names it in errors. @throws TypeError or RangeError */
export const assertInitialiser = (
  what: string,
  spec: InitialiserSpec,
  extensions: readonly InitialiserDefinition[] = [],
): void => {
  if (typeof spec?.kind !== 'string')
    throw new TypeError(`${what} must be an object with a kind, got ${JSON.stringify(spec)}`);
  const definition = find(spec.kind, extensions);
  if (definition === undefined)
    throw new RangeError(
      `${what}: unknown kind '${spec.kind}'; known: ${[...extensions, ...coreInitialisers].map(({ kind }) => kind).join(', ')}`,
    );
  definition.assertSpec?.(what, spec);
};

/** What {@link initialise} needs besides the spec. */
export interface InitialiseOptions {
  readonly shape: readonly number[];
  readonly context: InitialiserContext;
  readonly rng: Rng;
}

/**
 * Makes the initial values of a parameter, row-major.
 *
 * @throws RangeError when the initialiser is unknown or does not suit the layer
 */
export const initialise = (
  spec: InitialiserSpec,
  { shape, context, rng }: InitialiseOptions,
  extensions: readonly InitialiserDefinition[] = [],
): Float32Array => {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  const definition = find(spec.kind, extensions);
  if (definition === undefined) throw new RangeError(`initialise: unknown kind '${spec.kind}'`);
  definition.fill(values, spec, context, rng);
  return values;
};
