import { assertPositive } from '../assert-number.ts';
import { defineActivation } from '../elementwise/activation.ts';
import { add, div, sqrt } from '../elementwise/expression.ts';
import type { LayerContext, LayerDefinition, LayerSpec } from './layer.ts';
import { constant, elementwise, product, type Signal, sum } from './signal.ts';

/** Batch normalisation: features minus their mean, divided by their standard deviation. */
export interface BatchNormSpec extends LayerSpec {
  readonly kind: 'batch-norm';
  /** Whether a learned scale and shift per feature follow; true if absent. */
  readonly affine?: boolean;
  /** Added to the variance; 1e-5 if absent. */
  readonly epsilon?: number;
  /** The weight of a step's statistics in the running averages; 0.1 if absent. */
  readonly momentum?: number;
}

/** 1 / sqrt(x + epsilon) */
const inverseSpread = defineActivation({
  kind: 'inverse-spread',
  parameters: { epsilon: 1e-5 },
  value: (x, { epsilon }) => div(1, sqrt(add(x, epsilon))),
});

const filled = (value: number, features: number) => (): Float32Array => new Float32Array(features).fill(value);

/**
 * Batch normalisation (Ioffe and Szegedy 2015, arXiv:1502.03167, algorithm 1): gamma (h - mean) / sqrt(variance +
 * epsilon) + beta, per feature.
 *
 * During a fit, mean and variance are taken over all points that a term draws in a step; otherwise they are running
 * averages, `running.mean` and `running.variance` f32[features], which checkpoints and files contain. gamma and beta
 * are the learned parameters `scale` and `shift` f32[features].
 */
export const batchNorm: LayerDefinition<BatchNormSpec> = {
  kind: 'batch-norm',
  assertSpec({ affine = true, epsilon = 1e-5, momentum = 0.1 }) {
    if (typeof affine !== 'boolean')
      throw new TypeError(`batch-norm layer: affine must be true or false, got ${String(affine)}`);
    assertPositive('batch-norm layer: epsilon', epsilon);
    if (!(typeof momentum === 'number' && momentum >= 0 && momentum <= 1))
      throw new RangeError(`batch-norm layer: momentum must be a number in [0, 1], got ${String(momentum)}`);
  },
  apply(input: Signal, { spec, parameter, statistics }: LayerContext<BatchNormSpec>): Signal {
    const { affine = true, epsilon = 1e-5, momentum = 0.1 } = spec;
    const { features } = input;
    const { mean, variance } = statistics('running', input, momentum);
    const normal = product(sum([input, mean], [1, -1]), elementwise(variance, inverseSpread, { epsilon }));
    if (!affine) return normal.from(input.origin);
    const scale = parameter('scale', { shape: [features], initialise: filled(1, features) });
    const shift = parameter('shift', { shape: [features], initialise: filled(0, features) });
    const scaled = product(normal, constant(normal, scale));
    return sum([scaled, constant(normal, shift)]).from(input.origin);
  },
  keepUnits: spec => spec,
  addUnits: spec => spec,
};
