/** @file The weights and biases of a field's dense layers, which modulations act on. */
import type { ParameterEntry, ParameterLayout } from '@neural-fields/core';

/** The weight and the bias of a dense layer. */
export interface DensePair {
  /** Its path in the spec, e.g. `layers.0`. */
  readonly layer: string;
  readonly weight: ParameterEntry;
  readonly bias: ParameterEntry;
  /** The number of its outputs. */
  readonly features: number;
}

/**
 * The dense layers of a field in order, except the last one.
 *
 * @throws RangeError when there is no hidden layer, or when a hidden layer has no bias
 */
export const hiddenPairs = (what: string, layout: ParameterLayout): DensePair[] => {
  const weights = layout.select({ role: 'weight' }).filter(({ shape }) => shape.length === 2);
  if (weights.length < 2)
    throw new RangeError(`${what}: the field must have a hidden dense layer, got ${layout.names().join(', ')}`);
  return weights.slice(0, -1).map(weight => {
    const { layer, shape } = weight;
    const [bias] = layout.select({ layer, role: 'bias' });
    if (bias === undefined) throw new RangeError(`${what}: the hidden layers must have biases, ${layer} has none`);
    return { layer, weight, bias, features: shape[1] as number };
  });
};
