/** @file What a unit contributes on average, as a part of the next bias. */
import { evaluateNetwork, type LinearOperation, prefixOf, type Register } from '@neural-fields/core/kernels';
import { mean, type Tensor2D, tensor1d, tidy } from '@tensorflow/tfjs-core';
import type { Structure, Unit } from './structure.ts';

/** The mean of each feature, by register; registers that no matrix product reads are absent. */
export type FeatureMeans = ReadonlyMap<Register, Float32Array>;

/** A product that reads units of a set. */
interface Reader {
  readonly operation: LinearOperation;
  readonly register: Register;
  /** The features of its input that belong to the set. */
  readonly features: readonly number[];
}

/** The matrix products that read units of a set. */
export const readersOf = ({ network, registers }: Structure, units: ReadonlySet<Unit>): readonly Reader[] =>
  network.program.operations.flatMap(operation => {
    if (operation.kind !== 'linear') return [];
    const [register] = operation.inputs;
    const features = (registers[register] ?? []).flatMap((unit, feature) => (units.has(unit) ? [feature] : []));
    return features.length > 0 ? [{ operation, register, features }] : [];
  });

/**
 * The means of the features that some products read.
 *
 * @param flat the parameters
 * @param coords `f32[n, inFeatures]`
 */
export const featureMeans = async (
  { network, registers }: Structure,
  flat: Float32Array,
  coords: Tensor2D,
  read: ReadonlySet<Register>,
): Promise<FeatureMeans> => {
  const means = new Map<Register, Float32Array>();
  for (const register of read) {
    const prefix = prefixOf(network, register, (registers[register] ?? []).length);
    const values = tidy(() => mean(evaluateNetwork(prefix, tensor1d(flat), coords, {}).value, 0));
    means.set(register, Float32Array.from(await values.data()));
    values.dispose();
  }
  return means;
};

/** Whether the mean of what a product reads can be a part of its bias. */
export const foldsMean = ({ weight, bias }: LinearOperation): boolean =>
  weight.kind === 'parameter' && bias?.kind === 'parameter';

/** The parameters with the means of a set of units added to the biases: b_o + sum_j mean(h_j) W_jo. */
export const foldMeans = (
  structure: Structure,
  flat: Float32Array,
  units: ReadonlySet<Unit>,
  means: FeatureMeans,
): Float32Array => {
  const folded = flat.slice();
  for (const { operation, register, features } of readersOf(structure, units)) {
    const { weight, bias, outFeatures } = operation;
    const average = means.get(register);
    if (average === undefined || weight.kind !== 'parameter' || bias?.kind !== 'parameter') continue;
    for (let o = 0; o < outFeatures; o++) {
      let sum = 0;
      for (const j of features) sum += (average[j] as number) * (flat[weight.offset + j * outFeatures + o] as number);
      folded[bias.offset + o] = (folded[bias.offset + o] as number) + sum;
    }
  }
  return folded;
};
