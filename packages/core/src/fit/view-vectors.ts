/** @file Computes the parameters of a model's fields from the model's, and pulls their gradients back. */
import { concat1d, engine, keep, type Tensor1D, tidy } from '@tensorflow/tfjs-core';
import type { JointParameters, ModelView } from '../model.ts';
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

/** The vectors that were computed at once, for one view or several. */
interface Computed {
  readonly from: JointParameters;
  readonly inputs: StepInputs;
  readonly vectors: readonly StepVector[];
}

/** The gradient with respect to `flat`, from those with respect to the parameters of the views. */
const pulledBack = ({ from, inputs, vectors }: Computed, flat: Tensor1D): Tensor1D | undefined => {
  const upstream = vectors.map(vector => vector.take());
  const used = upstream.filter(gradient => gradient !== undefined);
  if (used.length === 0) return undefined;
  const gradient = tidy(() => {
    const made = (): Tensor1D => joined(from.compute(flat, inputs).filter((_, index) => upstream[index] !== undefined));
    const { grads } = engine().gradients(made, [flat], joined(used), true);
    return grads[0] as Tensor1D | undefined;
  });
  for (const each of used) each.dispose();
  return gradient;
};

const joined = (vectors: readonly Tensor1D[]): Tensor1D =>
  vectors.length === 1 ? (vectors[0] as Tensor1D) : concat1d([...vectors]);

type ViewParameters = NonNullable<ModelView['parameters']>;

/** Of terms whose points give none. */
const noInputs: StepInputs = Object.freeze({});

/** What computes the parameters of a view, and which of its vectors they are. */
type ParametersSource = NonNullable<ModelView['joint']>;

const sourceOf = (view: ModelView): ParametersSource =>
  view.joint ?? {
    of: { compute: (flat, inputs) => [(view.parameters as ViewParameters)(flat, inputs)] },
    index: 0,
  };

/** The parameter vectors of all views in a step. */
export class ViewVectors {
  /** The model's own parameters. */
  readonly own: StepVector;
  readonly #sources = new Map<ModelView, ParametersSource>();
  readonly #computed: Computed[] = [];
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
    const known = this.#sources.get(view) ?? sourceOf(view);
    this.#sources.set(view, known);
    const { of: from, index } = known;
    let computed = this.#computed.find(each => each.from === from && each.inputs === this.#inputs);
    if (computed === undefined) {
      const flat = this.own.parameters;
      const made = tidy(() =>
        from.compute(flat, this.#inputs).map(vector => keep(vector === flat ? vector.clone() : vector)),
      );
      computed = { from, inputs: this.#inputs, vectors: made.map(vector => new StepVector(vector, true)) };
      this.#computed.push(computed);
    }
    const vector = computed.vectors[index] as StepVector;
    assertSize(view, vector.parameters);
    return vector;
  }

  /** The parameters of selected fields of a batch. Call {@link FieldChoice.close} afterwards. */
  choose(view: ModelView, indices: Int32Array): FieldChoice {
    return new FieldChoice(this.of(view), view.network as BatchNetwork, indices);
  }

  /** The sum of all gradients, with respect to the model's parameters. The caller disposes of it. */
  finish(): Tensor1D | undefined {
    for (const computed of this.#computed) {
      const gradient = pulledBack(computed, this.own.parameters);
      if (gradient) this.own.add(gradient);
    }
    return this.own.take();
  }

  dispose(): void {
    this.own.dispose();
    for (const { vectors } of this.#computed) for (const vector of vectors) vector.dispose();
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
