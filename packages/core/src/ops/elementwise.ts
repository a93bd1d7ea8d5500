import { scalar, type Tensor } from '@tensorflow/tfjs-core';
import { activationJet } from '../jets/activation-jet.ts';
import type { LayerJet } from '../jets/layer-jet.ts';
import type { JetShape } from '../jets/request.ts';
import type { OperandArray } from './arrays.ts';
import type { ElementwiseFunction } from './operation.ts';

/** A scalar function of every feature: the chain rule of `jets/activation-jet.ts`. */
export const elementwiseJet = (
  input: LayerJet,
  { definition, parameters }: ElementwiseFunction,
  { shape: { forms }, tensor }: { readonly shape: JetShape; tensor(array: OperandArray): Tensor },
): LayerJet =>
  activationJet(input, definition, {
    parameters: Object.fromEntries(
      parameters.map(({ name, value }) => [name, typeof value === 'number' ? scalar(value) : tensor(value)]),
    ),
    learnable: parameters.flatMap(({ name, value }) => (typeof value === 'number' ? [] : [name])),
    ...(forms && { forms }),
  });
