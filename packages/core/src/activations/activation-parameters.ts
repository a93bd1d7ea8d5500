/** @file Reads an activation's parameters from its JSON form: fills in the defaults and validates the values. */
import type { ActivationDefinition, ActivationSpec } from './activation.ts';

/** The options of an activation with the parameters `P`: their values, and which of them are learned. */
export type ActivationOptions<P extends string> = { readonly [Name in P]?: number } & {
  readonly learnable?: readonly P[];
};

const list = (names: readonly string[]): string => (names.length > 0 ? names.join(', ') : 'none');

/**
 * The values of an activation's parameters, with the definition's defaults for those that the spec does not set.
 *
 * @returns one finite number for each parameter, in the definition's order
 * @throws RangeError for an unknown parameter, and for a value that is not finite, or not positive where it must be;
 *   TypeError for a value that is not a number
 */
export const activationParameterValues = (
  spec: ActivationSpec,
  definition: ActivationDefinition,
): Readonly<Record<string, number>> => {
  const { kind, parameters, positive = [] } = definition;
  for (const key of Object.keys(spec))
    if (key !== 'kind' && key !== 'learnable' && !Object.hasOwn(parameters, key))
      throw new RangeError(`${kind}: unknown parameter '${key}'; known: ${list(Object.keys(parameters))}`);
  return Object.fromEntries(
    Object.entries(parameters).map(([name, initial]) => {
      const value = spec[name] ?? initial;
      if (typeof value !== 'number')
        throw new TypeError(`${kind}: ${name} must be a number, got ${JSON.stringify(value)}`);
      if (!Number.isFinite(value)) throw new RangeError(`${kind}: ${name} must be finite, got ${value}`);
      if (positive.includes(name) && value <= 0)
        throw new RangeError(`${kind}: ${name} must be positive, got ${value}`);
      return [name, value];
    }),
  );
};

/**
 * The parameters of an activation that are learned, in the definition's order.
 *
 * @throws RangeError for a name that is not a parameter, or one that cannot be learned; TypeError when `learnable` is
 *   not a list
 */
export const learnableParameters = (spec: ActivationSpec, definition: ActivationDefinition): readonly string[] => {
  const { learnable = [] } = spec;
  const { kind } = definition;
  const known = definition.parameterDerivatives ? Object.keys(definition.parameters) : [];
  if (!Array.isArray(learnable))
    throw new TypeError(`${kind}: learnable must be a list of names, got ${JSON.stringify(learnable)}`);
  for (const name of learnable)
    if (!known.includes(name)) throw new RangeError(`${kind}: cannot learn '${name}'; learnable: ${list(known)}`);
  return known.filter(name => learnable.includes(name));
};

/**
 * Checks the JSON form of an activation.
 *
 * @throws RangeError or TypeError, as `activationParameterValues` and `learnableParameters` do
 */
export const assertActivationSpec = (spec: ActivationSpec, definition: ActivationDefinition): void => {
  activationParameterValues(spec, definition);
  learnableParameters(spec, definition);
};

/**
 * The frozen spec of an activation with all of its parameters filled in.
 *
 * @throws RangeError or TypeError when an option is wrong
 */
export const completeActivationSpec = (
  definition: ActivationDefinition,
  options: Omit<ActivationSpec, 'kind'>,
): ActivationSpec => {
  const spec: ActivationSpec = { ...options, kind: definition.kind };
  const values = activationParameterValues(spec, definition);
  const learnable = learnableParameters(spec, definition);
  return Object.freeze({
    kind: definition.kind,
    ...values,
    ...(learnable.length > 0 && { learnable: Object.freeze(learnable) }),
  });
};
