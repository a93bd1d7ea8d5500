import type { LayerSpec } from '@neural-fields/core';
import {
  abs,
  add,
  clip,
  defineActivation,
  div,
  type Expression,
  exp,
  floor,
  greater,
  mul,
  select,
  square,
  sub,
} from '@neural-fields/core/elementwise';
import { elementwise, type LayerDefinition } from '@neural-fields/core/layers';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import { shiftedCopies } from './shifted.ts';

/** The kernel of the blob. */
export type BlobKernel = 'gaussian' | 'quartic';

/** The options of {@link oneBlob}. */
export interface OneBlobOptions {
  /** The number k of bins for each input feature; 16 if absent. */
  readonly bins?: number;
  /** `gaussian` if absent, as in the paper; `quartic` as in tiny-cuda-nn. */
  readonly kernel?: BlobKernel;
}

export interface OneBlobSpec extends LayerSpec {
  readonly kind: 'one-blob';
  readonly bins: number;
  readonly kernel: BlobKernel;
}

const KIND = 'one-blob';
const KERNELS: readonly BlobKernel[] = ['gaussian', 'quartic'];
/** A wrapped quartic kernel reaches over three bins. */
const MIN_BINS = 3;

/** exp(-z^2 / 2), with z in standard deviations. */
const gaussian = defineActivation({ kind: 'unit-gaussian', value: z => exp(mul(square(z), -0.5)) });

/** The integral of the quartic kernel 15/16 (1 - u^2)^2 from 0 to u; constant beyond its radius 1. */
const quarticIntegral = (u: Expression): Expression => {
  const inside = clip(u, -1, 1);
  const squared = square(inside);
  const cubic = sub(1, mul(squared, sub(2 / 3, mul(squared, 0.2))));
  return mul(mul(inside, cubic), 15 / 16);
};

/** An expression within the radius, 0 beyond it. */
const within = (u: Expression, value: Expression): Expression => select(greater(1, abs(u)), value, 0);

/** The derivatives of {@link quarticIntegral}, from the first. */
const quarticDerivatives = (u: Expression): readonly [Expression, Expression, Expression] => {
  const rest = sub(1, square(u));
  return [
    within(u, mul(square(rest), 15 / 16)),
    within(u, mul(mul(u, rest), -15 / 4)),
    within(u, mul(sub(1, mul(square(u), 3)), -15 / 4)),
  ];
};

/** The integral of the kernel over a bin, at a distance of z bins from its centre, on a circle of `bins` bins. */
const quartic = defineActivation<'bins'>({
  kind: 'quartic-blob',
  parameters: { bins: 16 },
  derivatives(z, { bins }) {
    const near = sub(z, mul(bins, floor(add(div(z, bins), 0.5))));
    const [upper, lower] = [add(near, 0.5), sub(near, 0.5)];
    const [after, before] = [quarticDerivatives(upper), quarticDerivatives(lower)];
    const difference = (order: 0 | 1 | 2): Expression => sub(after[order], before[order]);
    return [sub(quarticIntegral(upper), quarticIntegral(lower)), difference(0), difference(1), difference(2)];
  },
});

const assertSpec = ({ bins, kernel }: OneBlobSpec): void => {
  assertCount(`${KIND}: bins`, bins, MIN_BINS);
  if (!KERNELS.includes(kernel))
    throw new RangeError(`${KIND}: kernel must be one of ${KERNELS.join(', ')}, got ${JSON.stringify(kernel)}`);
};

/** The layer definition of {@link oneBlob}. It has no parameters. */
export const oneBlobLayer: LayerDefinition<OneBlobSpec> = {
  kind: KIND,
  assertSpec,
  apply(input, { spec: { bins, kernel } }) {
    // Bin j has its centre at s = (j + 1/2) / k for s = (h + 1) / 2.
    const shifts = Array.from({ length: bins }, (_, j) => bins / 2 - j - 0.5);
    const distances = shiftedCopies(input, { scale: bins / 2, shifts });
    return kernel === 'gaussian' ? elementwise(distances, gaussian) : elementwise(distances, quartic, { bins });
  },
};

/**
 * One blob over k bins for each input feature in [-1, 1]: Mueller et al. 2019, "Neural Importance Sampling",
 * arXiv:1808.03856, section 4.3. With s = (h + 1) / 2, feature j is the kernel around s at the centre of bin j,
 *
 *     exp(-(s - (j + 1/2) / k)^2 k^2 / 2)
 *
 * a Gaussian with the standard deviation 1 / k. With the kernel `quartic`, that of tiny-cuda-nn, it is the integral
 * over bin j, in s', of
 *
 *     15/16 k (1 - k^2 (s' - s)^2)^2
 *
 * which is 0 beyond a distance of 1 / k, and wraps around from 1 to 0. The kernel's second derivative jumps at its
 * edge, so that the features have two continuous derivatives.
 *
 * @throws RangeError or TypeError when an option is out of its range
 */
export const oneBlob = (options: OneBlobOptions = {}): OneBlobSpec => {
  assertOptions('oneBlob', options, { bins: 1, kernel: 1 });
  const { bins = 16, kernel = 'gaussian' } = options;
  const spec: OneBlobSpec = { kind: KIND, bins, kernel };
  assertSpec(spec);
  return spec;
};
