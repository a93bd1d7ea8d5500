import type { Field, FieldSpec, ParameterProjection } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import {
  concat1d,
  maximum,
  minimum,
  neg,
  reshape,
  slice,
  type Tensor,
  type Tensor1D,
  tensor2d,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import { assertBounds, type Bounds, boundedLayer } from './bounded-layer.ts';

/**
 * Clamps the weights of the hidden layer behind the periodic one after every update, for `fit`'s option `project`: with
 * any optimizer,
 *
 *     |omega W_ji| <= c_j,   c_j = low if the input frequency j is low, high otherwise
 *
 * The amplitude of a generated frequency sum_j k_j omega_j is then at most prod_j (c_j / 2)^|k_j| / |k_j|!, so the
 * bounds limit the spectrum: Novello et al. 2025, arXiv:2407.21121, section 3.3. The authors' code tests for low
 * frequencies with a wrong factor and without absolute values; here a frequency is low if no component exceeds the
 * spec's `lowFrequency`.
 *
 * @throws TypeError when the spec is not that of a tuner, RangeError when a bound is not positive
 */
export const bounds = (spec: FieldSpec, options: Bounds): ParameterProjection => {
  assertOptions('bounds', options, { low: 1, high: 1 });
  assertBounds('bounds', options);
  const { weight, omega, limits } = boundedLayer('bounds', spec, options);
  const perRow = Float32Array.from(limits, limit => limit / omega);
  return (parameters, layout) => {
    const { offset, size, shape } = layout.entry(weight);
    const matrix = reshape(slice(parameters, offset, size), [...shape]);
    const limit = tensor2d(perRow, [perRow.length, 1]);
    const clamped = maximum(minimum(matrix, limit), neg(limit));
    return concat1d([
      slice(parameters, 0, offset),
      reshape(clamped, [size]) as Tensor1D,
      slice(parameters, offset + size, layout.size - offset - size),
    ]);
  };
};

/**
 * Clamps the present weights of a field, so that the bounds of {@link bounds} hold before the first update too.
 *
 * @throws TypeError when the field's spec is not that of a tuner, RangeError when a bound is not positive
 */
export const applyBounds = (field: Field, options: Bounds): void => {
  const project = bounds(field.spec, options);
  const { layout, parameters } = field;
  tidy(() => {
    const { name, index } = layout.entry(boundedLayer('applyBounds', field.spec, options).weight);
    const clamped = layout.split(project(layout.join(layout.pick(parameters)), layout));
    (parameters[name] as Variable).assign(clamped[index] as Tensor);
  });
};
