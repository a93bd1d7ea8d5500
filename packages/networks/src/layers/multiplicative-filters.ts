import type { LayerSpec } from '@neural-fields/core';
import { concat, type LayerDefinition, product } from '@neural-fields/core/layers';

/** An output of a multiplicative filter network. */
export interface FilterOutput {
  /** The index of the filter after which the output is taken. */
  readonly after: number;
  readonly layer: LayerSpec;
}

/** A multiplicative filter network. */
export interface MultiplicativeFiltersSpec extends LayerSpec {
  readonly kind: 'multiplicative-filters';
  /** The filters g_0 ... g_n, each on the layer's input, all of one width. */
  readonly filters: readonly LayerSpec[];
  /** The layer between two filters. */
  readonly linear: LayerSpec;
  /** The outputs, whose features are concatenated; at least one. */
  readonly outputs: readonly FilterOutput[];
}

const KIND = 'multiplicative-filters';

/**
 * z_0 = g_0(x), z_i = (z_(i-1) W_i + b_i) g_i(x), feature by feature, with a linear layer for each output: Fathony et
 * al. 2021, "Multiplicative filter networks" (ICLR), equation 3; with several outputs Lindell et al. 2022,
 * arXiv:2112.04645, equation 4.
 *
 * The parameters have the prefixes `filters.<i>`, `linear.<i>` for i from 1, and `outputs.<i>`.
 */
export const multiplicativeFiltersLayer: LayerDefinition<MultiplicativeFiltersSpec> = {
  kind: KIND,
  assertSpec({ filters, outputs }) {
    if (!Array.isArray(filters) || filters.length === 0)
      throw new TypeError(`${KIND}: filters must be a list of at least one layer, got ${JSON.stringify(filters)}`);
    if (!Array.isArray(outputs) || outputs.length === 0)
      throw new TypeError(`${KIND}: outputs must be a list of at least one output, got ${JSON.stringify(outputs)}`);
    for (const { after } of outputs as readonly FilterOutput[])
      if (!(Number.isInteger(after) && after >= 0 && after < filters.length))
        throw new RangeError(
          `${KIND}: an output must be after a filter from 0 to ${filters.length - 1}, got ${JSON.stringify(after)}`,
        );
  },
  apply(input, { spec: { filters, linear, outputs }, layer }) {
    const signals = filters.map((filter, i) => layer(filter, `filters.${i}`, input));
    for (let i = 1; i < signals.length; i++)
      signals[i] = product(layer(linear, `linear.${i}`, signals[i - 1]!), signals[i]!);
    return concat(outputs.map(({ after, layer: last }, i) => layer(last, `outputs.${i}`, signals[after]!)));
  },
};
