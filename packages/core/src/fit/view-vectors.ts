/** @file Computes the parameters of a model's fields from the model's, and pulls their gradients back. */
import { engine, keep, type Tensor1D, tidy } from '@tensorflow/tfjs-core';
import type { ModelView } from '../model.ts';
import { selectFields, spreadFields } from '../models/select-fields.ts';
import type { BatchNetwork } from '../spec/batch-network.ts';
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
  parameters: (flat: Tensor1D) => Tensor1D,
  flat: Tensor1D,
  upstream: Tensor1D,
): Tensor1D | undefined =>
  tidy(() => {
    const { grads } = engine().gradients(() => parameters(flat), [flat], upstream, true);
    return grads[0] as Tensor1D | undefined;
  });

/** The parameter vectors of all views in a step. */
export class ViewVectors {
  /** The model's own parameters. */
  readonly own: StepVector;
  readonly #views = new Map<ModelView, StepVector>();

  /** @param flat the model's parameters; the caller keeps ownership */
  constructor(flat: Tensor1D) {
    this.own = new StepVector(flat, false);
  }

  /** The parameters of a view, computed on first use. */
  of(view: ModelView): StepVector {
    if (view.parameters === undefined) return this.own;
    let vector = this.#views.get(view);
    if (vector === undefined) {
      const parameters = tidy(() => {
        const made = (view.parameters as (flat: Tensor1D) => Tensor1D)(this.own.parameters);
        assertSize(view, made);
        return keep(made === this.own.parameters ? made.clone() : made);
      });
      vector = new StepVector(parameters, true);
      this.#views.set(view, vector);
    }
    return vector;
  }

  /** The parameters of selected fields of a batch. Call {@link FieldChoice.close} afterwards. */
  choose(view: ModelView, indices: Int32Array): FieldChoice {
    return new FieldChoice(this.of(view), view.network as BatchNetwork, indices);
  }

  /** The sum of all gradients, with respect to the model's parameters. The caller disposes of it. */
  finish(): Tensor1D | undefined {
    for (const [view, vector] of this.#views) {
      const upstream = vector.take();
      if (upstream === undefined) continue;
      const gradient = pulledBack(view.parameters as (flat: Tensor1D) => Tensor1D, this.own.parameters, upstream);
      upstream.dispose();
      if (gradient) this.own.add(gradient);
    }
    return this.own.take();
  }

  dispose(): void {
    this.own.dispose();
    for (const vector of this.#views.values()) vector.dispose();
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
