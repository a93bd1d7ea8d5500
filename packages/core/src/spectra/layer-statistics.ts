/** @file Distributions of pre-activations, activations and gradients in the layers of a field. */

import { engine, keep, scalar, sum, type Tensor, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { runComposed } from '../evaluate/composed.ts';
import type { Field } from '../field.ts';
import type { LayerJet } from '../jets/layer-jet.ts';
import type { Operation, Register } from '../ops/operation.ts';
import { assertOptions } from '../options.ts';
import { isDense } from '../spec/dense.ts';
import { networkOf } from '../spec/network.ts';
import { type Distribution, distributionOf } from './distribution.ts';

/** The distributions of one layer. */
export interface LayerStatistics {
  readonly layer: number;
  readonly kind: string;
  /** W h + b, before the activation (and before its omega); absent for layers that are not dense. */
  readonly preActivation?: Distribution;
  readonly activation: Distribution;
  /** The derivative of the sum of all outputs with respect to the layer's activations. */
  readonly activationGradient: Distribution;
}

const valuesFrom = async (tensor: Tensor): Promise<Float32Array> => Float32Array.from(await tensor.data());

/**
 * The distributions in every layer of a field at n points, to plot or to test. SIREN's initialisation preserves them
 * through all layers: Sitzmann et al. 2020, arXiv:2006.09661, section 3.2 and figure 2 of the supplement.
 *
 * @param coords `f32[n, inFeatures]`, e.g. uniform on [-1, 1]
 * @param bins the number of bins of each histogram
 */
export const layerStatistics = async (
  field: Field,
  coords: Tensor2D,
  options: { readonly bins?: number } = {},
): Promise<readonly LayerStatistics[]> => {
  assertOptions('layerStatistics', options, { bins: 1 });
  const { bins = 64 } = options;

  const { program, layers } = networkOf(field.spec, field.extensions);
  const { operations, output, inFeatures } = program;
  const parameters = field.layout.pick(field.parameters);
  /** All registers, computed from the known ones up to `from`. */
  const runFrom = (from: Register, known: ReadonlyMap<Register, LayerJet>): Map<Register, LayerJet> =>
    runComposed({
      operations: [...operations.entries()].slice(from),
      known,
      parameters,
      shape: { inFeatures, order: 0 },
    });
  const valuesOf = (jets: ReadonlyMap<Register, LayerJet>, register: Register): Tensor2D =>
    (jets.get(register) as LayerJet).value;
  const kept: Tensor2D[] = [];
  const jets = new Map<Register, LayerJet>();
  tidy(() => {
    for (const [register, jet] of runFrom(0, new Map([[0, { value: coords }]]))) {
      jets.set(register, jet);
      if (register > 0) kept.push(keep(jet.value));
    }
  });
  /** The derivative of the sum of all outputs with respect to a register. */
  const gradientOf = (register: Register): Tensor => {
    const known = new Map([...jets].filter(([other]) => other <= register));
    const total = (): Tensor => sum(valuesOf(runFrom(register, known), output));
    return engine().gradients(total, [valuesOf(jets, register)], scalar(1), false).grads[0] as Tensor;
  };
  const preActivationOf = (register: Register): Register => {
    const { kind, inputs } = operations[register - 1] as Operation;
    return kind === 'elementwise' ? (inputs[0] as Register) : register;
  };
  try {
    const results: LayerStatistics[] = [];
    for (const [index, { spec, output: register }] of layers.entries()) {
      const gradient = tidy(() => gradientOf(register));
      const before = isDense(spec) ? await valuesFrom(valuesOf(jets, preActivationOf(register))) : undefined;
      results.push({
        layer: index,
        kind: spec.kind,
        ...(before && { preActivation: distributionOf(before, bins) }),
        activation: distributionOf(await valuesFrom(valuesOf(jets, register)), bins),
        activationGradient: distributionOf(await valuesFrom(gradient), bins),
      });
      gradient.dispose();
    }
    return results;
  } finally {
    for (const tensor of kept) tensor.dispose();
  }
};
