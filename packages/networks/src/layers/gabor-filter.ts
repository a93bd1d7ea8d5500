import type { LayerSpec, Rng } from '@neural-fields/core';
import { defineActivation, exp, sin } from '@neural-fields/core/elementwise';
import {
  columns,
  constantFeatures,
  elementwise,
  type LayerDefinition,
  product,
  type Signal,
  sum,
} from '@neural-fields/core/layers';
import { assertCount, assertPositive } from '@neural-fields/core/options';
import { pytorchBound } from './affine.ts';
import { gammaVariate } from './gamma-variate.ts';

/** The filter of a Gabor network: sin(x w + b) exp(-gamma |x - mu|^2 / 2). */
export interface GaborFilterSpec extends LayerSpec {
  readonly kind: 'gabor-filter';
  readonly outFeatures: number;
  /** The factor on PyTorch's initial frequencies. */
  readonly scale: number;
  /** The initial gamma ~ Gamma(shape, rate). */
  readonly shape: number;
  readonly rate: number;
}

const wave = defineActivation({ kind: 'sine-of-phase', value: x => sin(x) });
const bell = defineActivation({ kind: 'exponential', value: x => exp(x) });

/** The initial values of a filter: mu, w, gamma, b. */
const drawFilter = ({ scale, shape, rate }: GaborFilterSpec, inFeatures: number, rng: Rng): number[] => {
  const uniform = (bound: number): number => bound * (2 * rng.uniform() - 1);
  const gamma = gammaVariate(shape, rng) / rate;
  const bound = scale * Math.sqrt(gamma) * pytorchBound(inFeatures);
  const axes = Array.from({ length: inFeatures });
  return [...axes.map(() => uniform(1)), ...axes.map(() => uniform(bound)), gamma, uniform(Math.PI)];
};

/**
 * The Gabor filter: Fathony et al. 2021, "Multiplicative filter networks" (ICLR), section 3.2. Initially mu ~ U(-1, 1),
 * gamma ~ Gamma(shape, rate), w ~ scale sqrt(gamma) U(+-1 / sqrt(d)) and b ~ U(-pi, pi), as in the authors' code.
 *
 * A filter's frequencies depend on its gamma, so all its values are drawn together, and are one row of the parameter
 * `filters` f32[outFeatures, 2 d + 2]: mu, w, gamma, b. Offsets from mu are computed first and squared then: expanding
 * the square, as the authors' code does, would lose digits near a centre.
 */
export const gaborFilterLayer: LayerDefinition<GaborFilterSpec> = {
  kind: 'gabor-filter',
  assertSpec({ outFeatures, scale, shape, rate }) {
    assertCount('gabor-filter: outFeatures', outFeatures);
    assertPositive('gabor-filter: scale', scale);
    assertPositive('gabor-filter: shape', shape);
    assertPositive('gabor-filter: rate', rate);
  },
  apply(input, { spec, parameter }) {
    const { outFeatures } = spec;
    const d = input.features;
    const filters = parameter('filters', {
      shape: [outFeatures, 2 * d + 2],
      initialise: rng => Float32Array.from(Array.from({ length: outFeatures }, () => drawFilter(spec, d, rng)).flat()),
    });
    const column = (index: number): Signal => constantFeatures(input, filters, index);
    const axes = Array.from({ length: d }, (_, i) => columns(input, { count: outFeatures, column: () => i }));
    const squares = axes.map((axis, i) => {
      const offset = sum([axis, column(i)], [1, -1]);
      return product(offset, offset);
    });
    const phase = sum([...axes.map((axis, i) => product(axis, column(d + i))), column(2 * d + 1)]);
    const exponent = product(
      sum(
        squares,
        squares.map(() => -0.5),
      ),
      column(2 * d),
    );
    return product(elementwise(phase, wave), elementwise(exponent, bell));
  },
};
