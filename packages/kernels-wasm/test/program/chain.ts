/** @file A small chain of layers as a program, with parameters. */
import type { KernelProgram } from '@neural-fields/core/kernels';
import { type ActivationDefinition, coreActivations, type ParameterArray } from '@neural-fields/core/layers';

/** Deterministic values of either sign. */
export const fixedValues = (length: number, seed: number, scale: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => scale * Math.sin(seed + 12.9898 * i));

const sine = coreActivations.find(({ kind }) => kind === 'sine') as ActivationDefinition;
const activation = { definition: sine, parameters: [{ name: 'omega', value: 5, initial: 5 }] };

/** A matrix or a vector that begins at `offset` in the flat vector. */
const parameter = (index: number, offset: number, shape: readonly number[]): ParameterArray => ({
  kind: 'parameter',
  index,
  offset,
  shape,
});

export const PARAMETER_COUNT: number = 2 * 48 + 48 + 48 * 48 + 48 + 48 + 1;

/** A SIREN with two hidden layers. */
export const network: KernelProgram = {
  shape: { inFeatures: 2, order: 0 },
  inputs: [{ kind: 'coords', features: 2 }],
  operations: [
    {
      kind: 'linear',
      inputs: [0],
      outFeatures: 48,
      weight: parameter(0, 0, [2, 48]),
      bias: parameter(1, 96, [48]),
      activation,
    },
    {
      kind: 'linear',
      inputs: [1],
      outFeatures: 48,
      weight: parameter(2, 144, [48, 48]),
      bias: parameter(3, 2448, [48]),
      activation,
    },
    { kind: 'linear', inputs: [2], outFeatures: 1, weight: parameter(4, 2496, [48, 1]), bias: parameter(5, 2544, [1]) },
  ],
  outFeatures: 1,
  parameterCount: PARAMETER_COUNT,
};

export const parameters: Float32Array = fixedValues(PARAMETER_COUNT, 1, 0.2);
