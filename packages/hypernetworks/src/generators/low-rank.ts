/** @file A hypernetwork whose weight matrices are shared ones, modulated by matrices of low rank. */
import type { ParameterEntry, ParameterSetEntry } from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import { add, matMul, mul, reshape, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { optionsOf } from '../spec-options.ts';
import type { Generator, GeneratorDefinition, GeneratorParameters, GeneratorSpec } from './generator.ts';
import { normalValues, startOf } from './initial-values.ts';
import {
  fieldStart,
  type HeadSize,
  type HeadStart,
  headEntries,
  headOutput,
  hiddenActivations,
  hiddenEntries,
  RELATIVE_DEVIATION,
} from './relu-heads.ts';

/** The JSON form of {@link lowRankHypernetwork}. */
export interface LowRankSpec extends GeneratorSpec {
  readonly kind: 'low-rank-hypernetwork';
  readonly rank: number;
  readonly hiddenFeatures: number;
  readonly hiddenLayers: number;
}

/** The options of {@link lowRankHypernetwork}. */
export interface LowRankOptions {
  /** r, the rank of the modulation of each matrix; 10 if absent. */
  readonly rank?: number;
  /** The width of each MLP's hidden layers; 256 if absent. */
  readonly hiddenFeatures?: number;
  /** The number of each MLP's hidden layers; 1 if absent. */
  readonly hiddenLayers?: number;
}

/**
 * A hypernetwork with few outputs: W = W0 (1 + A(z) B(z) / sqrt(r)), element by element, with a shared matrix W0 [n, m]
 * and A [n, r], B [r, m] from ReLU MLPs; biases are b0 + c(z).
 *
 * The factorised multiplicative modulation of Skorokhodov et al. 2021, arXiv:2011.12026, section 3.2, without its
 * sigmoid, so that the fields start as their shared weights say.
 *
 * @throws RangeError when an option is out of its range
 */
export const lowRankHypernetwork = (options: LowRankOptions = {}): LowRankSpec => {
  assertOptions('lowRankHypernetwork', options, { rank: 1, hiddenFeatures: 1, hiddenLayers: 1 });
  const { rank = 10, hiddenFeatures = 256, hiddenLayers = 1 } = options;
  for (const [name, value] of Object.entries({ rank, hiddenFeatures, hiddenLayers }))
    assertCount(`lowRankHypernetwork: ${name}`, value);
  return { kind: 'low-rank-hypernetwork', rank, hiddenFeatures, hiddenLayers };
};

/** Starts at noise of unit size, or at 0: the gradient of a product of zeros is 0, so one factor must not be 0. */
const factorStart = (size: number, bias: number): HeadStart => ({
  bias: rng => normalValues(size, bias, rng),
  deviation: () => RELATIVE_DEVIATION,
});

/** The heads of a parameter, by the suffixes of their names, with their sizes. */
const headsOf = (entry: ParameterEntry, rank: number) => {
  const { name, size, shape } = entry;
  if (shape.length !== 2) {
    const { deviation } = fieldStart(entry);
    return [{ head: `${name}.shift`, size, start: { bias: () => new Float32Array(size), deviation } }];
  }
  const [left, right] = [(shape[0] as number) * rank, rank * (shape[1] as number)];
  return [
    { head: `${name}.left`, size: left, start: factorStart(left, 1) },
    { head: `${name}.right`, size: right, start: factorStart(right, 0) },
  ];
};

/** The definition of {@link lowRankHypernetwork}. */
export const lowRankDefinition: GeneratorDefinition<LowRankSpec> = {
  kind: 'low-rank-hypernetwork',
  build(spec, { layout, latentFeatures }): Generator {
    const { rank, hiddenFeatures, hiddenLayers } = lowRankHypernetwork(optionsOf(spec));
    const heads = layout.entries.flatMap(entry => headsOf(entry, rank));
    const size: HeadSize = { latentFeatures, hiddenFeatures, hiddenLayers, count: heads.length };
    const entries: Record<string, ParameterSetEntry> = hiddenEntries(size);
    for (const entry of layout.entries) entries[`${entry.name}.shared`] = startOf(entry);
    for (const { head, size: length, start } of heads) Object.assign(entries, headEntries(head, size, length, start));
    const generated = (
      { name, shape }: ParameterEntry,
      outputs: ReadonlyMap<string, Tensor2D>,
      parameters: GeneratorParameters,
    ): Tensor => {
      const shared = parameters.tensor(`${name}.shared`);
      const at = (head: string, wanted: readonly number[]): Tensor =>
        reshape(outputs.get(`${name}.${head}`) as Tensor2D, [-1, ...wanted]);
      if (shape.length !== 2) return add(shared, at('shift', shape));
      const [n, m] = shape as readonly [number, number];
      const product = matMul(at('left', [n, rank]) as Tensor3D, at('right', [rank, m]) as Tensor3D);
      return add(shared, mul(shared, mul(product, 1 / Math.sqrt(rank))));
    };
    return {
      entries,
      generate: (parameters, latents) => {
        const hidden = hiddenActivations(size, parameters, latents);
        const outputs = new Map(
          heads.map(({ head }, index) => [head, headOutput(head, parameters, hidden[index] as Tensor2D)] as const),
        );
        return layout.entries.map(entry => generated(entry, outputs, parameters));
      },
    };
  },
};
