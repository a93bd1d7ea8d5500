import { add, mul, type Tensor } from '@tensorflow/tfjs-core';
import type { LayerJet } from '../jets/layer-jet.ts';

const weighted = <T extends Tensor>(
  parts: readonly (T | undefined)[],
  coefficients: readonly number[],
): T | undefined => {
  let total: T | undefined;
  for (const [index, part] of parts.entries()) {
    if (part === undefined) continue;
    const coefficient = coefficients[index] as number;
    const scaled = coefficient === 1 ? part : mul<T>(part, coefficient);
    total = total === undefined ? scaled : add<T>(total, scaled);
  }
  return total;
};

/** sum_i coefficients_i h_i, which is linear, so each derivative is the sum of derivatives. */
export const sumJets = (jets: readonly LayerJet[], coefficients: readonly number[]): LayerJet => {
  const part = <K extends keyof LayerJet>(key: K): LayerJet[K] | undefined =>
    weighted(
      jets.map(jet => jet[key] as Tensor | undefined),
      coefficients,
    ) as LayerJet[K] | undefined;
  const [first, second] = [part('first'), part('second')];
  return { value: part('value') as LayerJet['value'], ...(first && { first }), ...(second && { second }) };
};
