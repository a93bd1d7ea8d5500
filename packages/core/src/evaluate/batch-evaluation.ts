/**
 * @file Evaluates many fields of one network. A backend that supports many fields evaluates all of them in one kernel
 *   call; on others, each field is evaluated separately, in the backend's kernels for one field where it has them.
 *
 * Rows are ordered field by field: field f has the rows f n ... (f + 1) n - 1 of `[b n, ...]`.
 */
import {
  add,
  broadcastTo,
  concat,
  engine,
  type KernelBackend,
  reshape,
  type Scalar,
  stack,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  unstack,
} from '@tensorflow/tfjs-core';
import { assertLoss } from '../backend/assert-inputs.ts';
import type { KernelLoss, LossScale } from '../backend/backend.ts';
import type { KernelProgram } from '../backend/kernel-program.ts';
import { fieldBackend } from '../backend/registry.ts';
import { type RunnableLoss, type RunnableProgram, runLoss, runProgram } from '../backend/run-program.ts';
import { atAllPoints, type LayerJet, wholeJet } from '../jets/layer-jet.ts';
import { type DerivativePlan, type DerivativeRequest, requestKey } from '../jets/request.ts';
import type { BatchNetwork } from '../spec/batch-network.ts';
import { type Evaluation, evaluationOf, type NetworkParameters } from './evaluation.ts';
import { partition } from './partition.ts';

/** Points shared by all fields, `f32[n, d]`, or separate points for each field, `f32[b, n, d]`. */
export type BatchCoords = Tensor2D | Tensor3D;

/** The inputs of a loss of many fields. */
export interface BatchLossInputs {
  readonly parameters: NetworkParameters;
  readonly coords: BatchCoords;
  /** Each `f32[b, n, k]`, or `f32[n, k]` for all fields. */
  readonly targets: readonly Tensor[];
  readonly scale: LossScale;
}

/** Unstacks a tensor along its first axis; the gradient of tfjs's `unstack` fails for a single part. */
const unstacked = (tensor: Tensor): readonly Tensor[] =>
  tensor.shape[0] === 1 ? [reshape(tensor, tensor.shape.slice(1))] : unstack(tensor);

/** The parts `[n, k]` of a tensor `[b, n, k]`, one for each field; b times the tensor itself if it is `[n, k]`. */
const partsOf = (tensor: Tensor, count: number): readonly Tensor[] =>
  tensor.rank === 2 ? Array.from({ length: count }, () => tensor) : unstacked(tensor);

/** Evaluates the jets of many fields for one request on one instance of a backend. */
export class BatchEvaluation {
  readonly #batch: BatchNetwork;
  readonly #single: Evaluation;
  readonly #on: KernelBackend;
  readonly #runnable: RunnableProgram | undefined;
  readonly #losses = new WeakMap<KernelLoss, RunnableLoss | undefined>();

  constructor(batch: BatchNetwork, single: Evaluation, on: KernelBackend, backendName: string) {
    this.#batch = batch;
    this.#single = single;
    this.#on = on;
    const backend = fieldBackend(backendName);
    const { plan } = single;
    if (!backend?.manyFields || !single.isFused) return;
    const shape = { inFeatures: plan.inFeatures, order: plan.order, ...(plan.forms && { forms: plan.forms }) };
    const { program, layout, count } = batch;
    const { kernel } = partition(program, { shape, parameterCount: layout.size, supports: () => true });
    const whole: KernelProgram | undefined = kernel && { ...kernel.program, fields: count };
    const compiled = whole && backend.compile(whole, on);
    this.#runnable = whole && compiled && { program: whole, compiled };
  }

  get plan(): DerivativePlan {
    return this.#single.plan;
  }

  /** Whether one kernel call of the backend evaluates all fields. */
  get isFused(): boolean {
    return this.#runnable !== undefined;
  }

  /** The number of features that are saved for the backward pass, for one point of each field. */
  get savedFeatures(): number {
    return this.#batch.count * this.#single.savedFeatures;
  }

  /**
   * The parameters of each field. All are split at once: the gradient of a single slice would be as large as the whole
   * tensor.
   */
  #parametersOfEach(parts: readonly Tensor[]): NetworkParameters[] {
    const { single, isOwn, count } = this.#batch;
    const cut = parts.map((part, index) => (isOwn[index] ? unstacked(part) : undefined));
    return Array.from({ length: count }, (_, f) => {
      const own = parts.map((part, index) => cut[index]?.[f] ?? part);
      let flat: Tensor1D | undefined;
      return {
        parts: () => own,
        flat: () => (flat ??= single.layout.join(own)),
      };
    });
  }

  /** The jets of all fields, with b n rows. Call within a tidy. */
  run(parameters: NetworkParameters, coords: BatchCoords): LayerJet {
    const { count, single } = this.#batch;
    if (this.#runnable) {
      const [n, d] = coords.shape.slice(-2) as [number, number];
      // The backward pass gives separate derivatives with respect to each field's coordinates; tfjs sums them.
      const isShared = coords.rank === 2 && engine().isTapeOn();
      const given: Tensor = isShared ? broadcastTo(reshape(coords, [1, n, d]), [count, n, d]) : coords;
      const [value, first, second] = runProgram(this.#runnable, [given], parameters.flat()) as [
        Tensor2D,
        Tensor3D?,
        Tensor3D?,
      ];
      return { value, ...(first && { first }), ...(second && { second }) };
    }
    const points = partsOf(coords, count);
    const jets = this.#parametersOfEach(parameters.parts()).map((own, f) =>
      wholeJet(this.#single.run(own, points[f] as Tensor2D), this.plan),
    );
    const [value, first, second] = (jets[0] as Tensor[]).map((_, k) =>
      concat(
        jets.map(jet => jet[k] as Tensor),
        k === 0 ? 0 : 1,
      ),
    ) as [Tensor2D, Tensor3D?, Tensor3D?];
    const rows = count * (coords.shape.at(-2) as number);
    if (single.program.output === 0) return { value, ...(first && { first: atAllPoints(first, rows) }) };
    return { value, ...(first && { first }), ...(second && { second }) };
  }

  /** Whether the backend computes a loss in its kernels. The result is cached by the identity of the loss object. */
  fuses(loss: KernelLoss): boolean {
    return this.#runnableLoss(loss) !== undefined || this.#single.fuses(loss);
  }

  #runnableLoss(loss: KernelLoss): RunnableLoss | undefined {
    if (!this.#losses.has(loss)) this.#losses.set(loss, this.#compileLoss(loss));
    return this.#losses.get(loss);
  }

  #compileLoss(loss: KernelLoss): RunnableLoss | undefined {
    if (this.#runnable === undefined) return undefined;
    const { program } = this.#runnable;
    assertLoss(program, loss);
    const compiled = fieldBackend(engine().backendName)?.compileLoss?.(program, loss, this.#on);
    return compiled && { program, loss, compiled };
  }

  /** The loss of each field `f32[b]`, and the gradient of their sum `f32[P]`. Call within a tidy. */
  runLoss(
    loss: KernelLoss,
    { parameters, coords, targets, scale }: BatchLossInputs,
  ): { readonly loss: Tensor1D; readonly gradient: Tensor1D } {
    const runnable = this.#runnableLoss(loss);
    if (runnable) {
      const result = runLoss(runnable, { inputs: [coords], parameters: parameters.flat(), targets, scale });
      return { loss: result.loss as Tensor as Tensor1D, gradient: result.gradient };
    }
    const { count, single, isOwn } = this.#batch;
    const points = partsOf(coords, count);
    const wanted = targets.map(target => partsOf(target, count));
    const results = this.#parametersOfEach(parameters.parts()).map((own, f) =>
      this.#single.runLoss(loss, {
        parameters: own,
        coords: points[f] as Tensor2D,
        targets: wanted.map(parts => parts[f] as Tensor),
        scale,
      }),
    );
    const gradients = results.map(({ gradient }) => single.layout.split(gradient));
    const joined = single.layout.entries.map((_, index) => {
      const ofFields = gradients.map(gradient => gradient[index] as Tensor);
      return isOwn[index] ? stack(ofFields) : ofFields.reduce((sum, gradient) => add(sum, gradient));
    });
    const losses = stack(results.map(result => result.loss as Scalar)) as Tensor1D;
    return { loss: losses, gradient: this.#batch.layout.join(joined) };
  }
}

const evaluations = new WeakMap<BatchNetwork, WeakMap<KernelBackend, Map<string, BatchEvaluation>>>();

/**
 * The evaluation of many fields for a request on the backend in use.
 *
 * @throws RangeError when the request does not fit the number of coordinates
 */
export const batchEvaluationOf = (batch: BatchNetwork, request: DerivativeRequest): BatchEvaluation => {
  const { backend, backendName } = engine();
  const ofBatch = evaluations.get(batch) ?? new WeakMap<KernelBackend, Map<string, BatchEvaluation>>();
  evaluations.set(batch, ofBatch);
  const ofBackend = ofBatch.get(backend) ?? new Map<string, BatchEvaluation>();
  ofBatch.set(backend, ofBackend);
  const key = requestKey(request);
  let evaluation = ofBackend.get(key);
  if (evaluation === undefined) {
    evaluation = new BatchEvaluation(batch, evaluationOf(batch.single, request), backend, backendName);
    ofBackend.set(key, evaluation);
  }
  return evaluation;
};
