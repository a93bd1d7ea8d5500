import {
  createField,
  createModel,
  createParameters,
  type Field,
  type FieldSpec,
  type Model,
  type ParameterSet,
  type ParameterTerm,
  parameterTerm,
} from '@neural-fields/core';
import { absolute } from '@neural-fields/core/elementwise';
import { assertOptions, assertPositive } from '@neural-fields/core/options';
import {
  atanh,
  clipByValue,
  concat1d,
  div,
  mul,
  reshape,
  slice,
  type Tensor,
  type Tensor1D,
  tanh,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import { periodicExtensions } from '../periodic-layer.ts';
import { assertBounds, type BoundedLayer, type Bounds, boundedLayer } from './bounded-layer.ts';

/** The slope of the tanh at 0 is 1 / 5, in the authors' code. */
const STRETCH = 5;

/** The largest share of a bound that an initial weight may have: the tanh reaches 1 nowhere. */
const MAX_SHARE = 0.999;

/** The factor on the mean of |c_j|, in the authors' code. */
const PENALTY_WEIGHT = 2e-5;

/** The options of {@link createLearnedBounds}. */
export interface LearnedBoundsOptions extends Bounds {
  /** The seed for the field's initial values. */
  readonly seed: number;
  /** The factor on the mean of |c_j|; 2e-5 if absent. */
  readonly penalty?: number;
}

const inside = (effective: Tensor, limit: Tensor): Tensor => clipByValue(div(effective, limit), -MAX_SHARE, MAX_SHARE);

/** A field whose hidden weights are bounded by learned bounds. It owns its variables until `dispose`. */
export class LearnedBounds {
  /** What `fit` trains; terms evaluate its only field. */
  readonly model: Model;
  /** The term that keeps the bounds small: `fit(model, [task, penalty], ...)`. */
  readonly penalty: ParameterTerm;
  readonly #spec: FieldSpec;
  readonly #raw: Field;
  readonly #limits: ParameterSet;
  readonly #layer: BoundedLayer;

  /** Use {@link createLearnedBounds}. */
  constructor(spec: FieldSpec, { seed, penalty = PENALTY_WEIGHT, ...initial }: LearnedBoundsOptions) {
    this.#spec = spec;
    this.#layer = boundedLayer('createLearnedBounds', spec, initial);
    const { weight, omega, limits } = this.#layer;
    this.#raw = createField(spec, { seed, extensions: periodicExtensions });
    const column = [limits.length, 1];
    this.#limits = createParameters(
      { limits: { shape: column, initialise: () => Float32Array.from(limits) } },
      { seed },
    );
    const [matrix, c] = [this.#raw.parameters[weight] as Variable, this.#limits.parameters['limits'] as Variable];
    // The values whose bounded weights are the field's own initial ones.
    tidy(() => matrix.assign(mul(atanh(inside(mul(matrix, omega), c)), STRETCH / omega)));
    this.model = createModel({
      kind: 'learned-bounds',
      parts: { field: this.#raw, bounds: this.#limits },
      fields: {
        field: {
          spec,
          extensions: periodicExtensions,
          parameters: parts => this.#effective(parts.field.flat, parts.bounds.tensor('limits')),
        },
      },
    });
    this.penalty = parameterTerm({
      name: 'bounds',
      parameters: { layer: 'bounds' },
      penalty: absolute,
      weight: penalty,
    });
  }

  /** The parameters of the field, with bounded weights. */
  #effective(flat: Tensor1D, limit: Tensor): Tensor1D {
    const { weight, omega } = this.#layer;
    const { offset, size, shape } = this.#raw.layout.entry(weight);
    const matrix = reshape(slice(flat, offset, size), [...shape]);
    const bounded = mul(tanh(mul(matrix, omega / STRETCH)), div(limit, omega));
    const after = offset + size;
    return concat1d([
      slice(flat, 0, offset),
      reshape(bounded, [size]) as Tensor1D,
      slice(flat, after, flat.size - after),
    ]);
  }

  /** The current bounds c_j, one for each input frequency; a field is bounded by |c_j|. */
  async limits(): Promise<Float32Array> {
    return Float32Array.from(await (this.#limits.parameters['limits'] as Variable).data());
  }

  /** The field with the current values, as an ordinary field; the caller disposes of it. */
  toField(): Field {
    const field = createField(this.#spec, { seed: 0, extensions: periodicExtensions });
    tidy(() => {
      const { layout, parameters } = this.#raw;
      const flat = this.#effective(layout.join(layout.pick(parameters)), this.#limits.parameters['limits'] as Variable);
      const values = layout.split(flat);
      for (const { name, index } of layout.entries)
        (field.parameters[name] as Variable).assign(values[index] as Tensor);
    });
    return field;
  }

  /** Frees the parameters. @throws Error while a fit trains them */
  dispose(): void {
    this.#raw.dispose();
    this.#limits.dispose();
  }
}

/**
 * Bounds that are learned with the field, one for each input frequency: W_eff = omega W is replaced by
 *
 *     tanh(omega W / 5) c_j,   with the penalty 2e-5 mean |c_j|
 *
 * Novello et al. 2025, arXiv:2407.21121, section 3.3, with the numbers of the authors' code. The field begins with the
 * weights that it would have without bounds.
 *
 * @param spec from `tuner`
 * @throws TypeError when the spec is not that of a tuner, RangeError when an option is out of its range
 */
export const createLearnedBounds = (spec: FieldSpec, options: LearnedBoundsOptions): LearnedBounds => {
  assertOptions('createLearnedBounds', options, { low: 1, high: 1, seed: 1, penalty: 1 });
  assertBounds('createLearnedBounds', options);
  if (options.penalty !== undefined) assertPositive('createLearnedBounds: penalty', options.penalty);
  return new LearnedBounds(spec, options);
};
