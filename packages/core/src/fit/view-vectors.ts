/** @file Computes the parameters of a model's fields from the model's, and pulls their gradients back. */
import { engine, keep, type Tensor1D, tidy } from '@tensorflow/tfjs-core';
import type { ModelView } from '../model.ts';
import { selectFields, spreadFields } from '../models/select-fields.ts';
import type { BatchNetwork } from '../spec/batch-network.ts';
import type { StepInputs } from '../step-inputs.ts';
import { accumulate } from './accumulate.ts';

/** The parameters of a view in one step, and the sum of the gradients with respect to them. */
export class StepVector {
  readonly parameters: Tensor1D;
  readonly #isOwn: boolean;
  #gradient: Tensor1D | undefined;

  /** @param isOwn whether to dispose of the vector with this object */
  constructor(parameters: Tensor1D, isOwn: boolean) {
    this.parameters = parameters;
    this.#isOwn = isOwn;
  }

  /** Adds a gradient, and takes ownership of it. */
  add(gradient: Tensor1D): void {
    this.#gradient = accumulate(this.#gradient, gradient);
  }

  /** The sum so far; `undefined` if nothing was added. */
  get total(): Tensor1D | undefined {
    return this.#gradient;
  }

  /** Takes ownership of a sum that includes {@link total}, and disposes of that. */
  replaceTotal(sum: Tensor1D): void {
    this.#gradient?.dispose();
    this.#gradient = keep(sum);
  }

  /** The sum so far, which the caller disposes of; `undefined` if nothing was added. */
  take(): Tensor1D | undefined {
    const gradient = this.#gradient;
    this.#gradient = undefined;
    return gradient;
  }

  dispose(): void {
    this.#gradient?.dispose();
    if (this.#isOwn) this.parameters.dispose();
  }
}

/** The gradient with respect to `flat`, from the gradient `upstream` with respect to the view's parameters. */
const pulledBack = (
  { parameters }: ModelView,
  inputs: StepInputs,
  flat: Tensor1D,
  upstream: Tensor1D,
): Tensor1D | undefined =>
  tidy(() => {
    const made = (): Tensor1D => (parameters as ViewParameters)(flat, inputs);
    const { grads } = engine().gradients(made, [flat], upstream, true);
    return grads[0] as Tensor1D | undefined;
  });

type ViewParameters = NonNullable<ModelView['parameters']>;

/** Of terms whose points give none. */
const noInputs: StepInputs = Object.freeze({});

/** The parameter vectors of all views in a step. */
export class ViewVectors {
  /** The model's own parameters. */
  readonly own: StepVector;
  readonly #views = new Map<ModelView, Map<StepInputs, StepVector>>();
  #inputs = noInputs;

  /** @param flat the model's parameters; the caller keeps ownership */
  constructor(flat: Tensor1D) {
    this.own = new StepVector(flat, false);
  }

  /** Sets the inputs of this term and the following ones. */
  use(inputs: StepInputs): void {
    this.#inputs = inputs;
  }

  /** The parameters of a view for the current inputs, computed on first use. */
  of(view: ModelView): StepVector {
    if (view.parameters === undefined) return this.own;
    const known = this.#views.get(view) ?? new Map<StepInputs, StepVector>();
    this.#views.set(view, known);
    let vector = known.get(this.#inputs);
    if (vector === undefined) {
      const parameters = tidy(() => {
        const made = (view.parameters as ViewParameters)(this.own.parameters, this.#inputs);
        assertSize(view, made);
        return keep(made === this.own.parameters ? made.clone() : made);
      });
      vector = new StepVector(parameters, true);
      known.set(this.#inputs, vector);
    }
    return vector;
  }

  *#computed(): Generator<readonly [ModelView, StepInputs, StepVector]> {
    for (const [view, known] of this.#views) for (const [inputs, vector] of known) yield [view, inputs, vector];
  }

  /** The parameters of selected fields of a batch. Call {@link FieldChoice.close} afterwards. */
  choose(view: ModelView, indices: Int32Array): FieldChoice {
    return new FieldChoice(this.of(view), view.network as BatchNetwork, indices);
  }

  /** The sum of all gradients, with respect to the model's parameters. The caller disposes of it. */
  finish(): Tensor1D | undefined {
    for (const [view, inputs, vector] of this.#computed()) {
      const upstream = vector.take();
      if (upstream === undefined) continue;
      const gradient = pulledBack(view, inputs, this.own.parameters, upstream);
      upstream.dispose();
      if (gradient) this.own.add(gradient);
    }
    return this.own.take();
  }

  dispose(): void {
    this.own.dispose();
    for (const [, , vector] of this.#computed()) vector.dispose();
  }
}

/** The selected fields of a batch for one term. */
export class FieldChoice {
  readonly vector: StepVector;
  readonly #all: StepVector;
  readonly #batch: BatchNetwork;
  readonly #indices: Int32Array;

  constructor(all: StepVector, batch: BatchNetwork, indices: Int32Array) {
    this.#all = all;
    this.#batch = batch;
    this.#indices = indices;
    this.vector = new StepVector(keep(selectFields(batch, all.parameters, indices)), true);
  }

  /** Whether these are the selected fields. */
  isOf(indices: ArrayLike<number>): boolean {
    return indices.length === this.#indices.length && this.#indices.every((index, i) => index === indices[i]);
  }

  /** Scatters the gradient to all fields, and disposes of the rest. */
  close(): void {
    const gradient = this.vector.take();
    if (gradient) {
      this.#all.add(spreadFields(this.#batch, gradient, this.#indices));
      gradient.dispose();
    }
    this.vector.dispose();
  }

  dispose(): void {
    this.vector.dispose();
  }
}

const assertSize = ({ network: { layout } }: ModelView, { shape }: Tensor1D): void => {
  if (shape.length !== 1 || shape[0] !== layout.size)
    throw new RangeError(`model: the parameters of a field must be [${layout.size}], got [${shape.join(', ')}]`);
};
