/** @file Computes the jets, losses and gradients of many fields on any backend. */
import { createRng, type DerivativeRequest } from '@neural-fields/core';
import { penalise } from '@neural-fields/core/elementwise';
import {
  type BatchCoords,
  type BatchEvaluation,
  type BatchNetwork,
  batchEvaluationOf,
  type KernelLoss,
  networkParameters,
} from '@neural-fields/core/kernels';
import {
  add,
  engine,
  mul,
  reshape,
  scalar,
  setBackend,
  slice,
  stack,
  sub,
  sum,
  type Tensor,
  type Tensor1D,
  tensor,
  tensor1d,
} from '@tensorflow/tfjs-core';
import { measuredWeight } from './measure.ts';

/** A batch of fields, with points and a request. */
export interface BatchCase {
  readonly batch: BatchNetwork;
  readonly request: DerivativeRequest;
  readonly points: number;
  /** Whether all fields share the points and, for a loss, the targets. */
  readonly isShared: boolean;
}

/** The results of a case on a backend, by name. */
export type BatchValues = Readonly<Record<string, Float32Array>>;

/** Initialised parameters with small perturbations, so that no two fields have the same ones. */
const parametersOf = ({ layout }: BatchNetwork): Float32Array => {
  const rng = createRng(1);
  const flat = new Float32Array(layout.size);
  for (const { name, offset, initialise } of layout.entries) flat.set(initialise(rng.fork(name)), offset);
  return flat.map(value => value * (1 + 0.2 * rng.uniform()) + 0.01 * rng.normal());
};

const uniform = (seed: number, length: number): Float32Array => {
  const rng = createRng(seed);
  return new Float32Array(length).map(() => 2 * rng.uniform() - 1);
};

/** A tensor `[b, n, width]`, or `[n, width]` if the fields share it. */
const pointTensor = ({ batch, points, isShared }: BatchCase, seed: number, width: number): Tensor => {
  const shape = isShared ? [points, width] : [batch.count, points, width];
  return tensor(
    uniform(
      seed,
      shape.reduce((product, length) => product * length, 1),
    ),
    shape,
  );
};

const valuesOf = async (entries: readonly (readonly [string, Tensor])[]): Promise<BatchValues> =>
  Object.fromEntries(
    await Promise.all(
      entries.map(async ([name, part]) => [name, (await part.data()).slice() as Float32Array] as const),
    ),
  );

const inScope = async (backend: string, work: () => Promise<BatchValues>): Promise<BatchValues> => {
  await setBackend(backend);
  engine().startScope();
  const result = await work();
  engine().endScope();
  return result;
};

/** The tensors of a jet in the layout of the kernels: value `[b n, o]`, first `[d, b n, o]`, second `[m, b n, o]`. */
const jetOf = (
  evaluation: BatchEvaluation,
  { layout }: BatchNetwork,
  flat: Tensor1D,
  coords: BatchCoords,
): Tensor[] => {
  const { value, first, second } = evaluation.run(networkParameters(layout, flat), coords);
  return [value, ...(first ? [first] : []), ...(second ? [second] : [])];
};

const gradientsOf = (work: () => Tensor, inputs: readonly Tensor[]): Tensor[] =>
  engine().gradients(() => work() as never, [...inputs], scalar(1), true).grads;

/**
 * The jets of all fields, and the gradients of a fixed linear function of them with respect to points and parameters.
 */
export const measureBatch = (backend: string, one: BatchCase): Promise<BatchValues> =>
  inScope(backend, () => {
    const { batch, request } = one;
    const evaluation = batchEvaluationOf(batch, request);
    const coords = pointTensor(one, 2, batch.program.inFeatures) as BatchCoords;
    const flat = tensor1d(parametersOf(batch));
    const jet = jetOf(evaluation, batch, flat, coords);
    const weightedSum = (part: Tensor): Tensor => {
      const weights = new Float32Array(part.size).map((_, i) => measuredWeight(i));
      return sum(mul(part, tensor(weights, part.shape)));
    };
    const total = (): Tensor =>
      jetOf(evaluation, batch, flat, coords)
        .map(weightedSum)
        .reduce((a, b) => add(a, b));
    const [byCoords, byParameters] = gradientsOf(total, [coords, flat]) as [Tensor, Tensor];
    return valuesOf([
      ...jet.map((part, order) => [`order ${order}`, part] as const),
      ['coords', byCoords],
      ['parameters', byParameters],
    ]);
  });

/** Scales that differ from 1 and from each other. */
const SCALE = { loss: 0.25, gradient: 0.75 } as const;

const targetsOf = (one: BatchCase, { targetWidths }: KernelLoss): Tensor[] =>
  targetWidths.map((width, index) => pointTensor(one, 10 + index, width));

/** The loss of each field and the gradient of their sum, computed by the backend's loss kernel. */
export const measureBatchLoss = (backend: string, one: BatchCase, loss: KernelLoss): Promise<BatchValues> =>
  inScope(backend, () => {
    const { batch, request } = one;
    const evaluation = batchEvaluationOf(batch, request);
    const result = evaluation.runLoss(loss, {
      parameters: networkParameters(batch.layout, tensor1d(parametersOf(batch))),
      coords: pointTensor(one, 2, batch.program.inFeatures) as BatchCoords,
      targets: targetsOf(one, loss),
      scale: SCALE,
    });
    return valuesOf(Object.entries(result));
  });

/** The same, with the loss in tfjs ops on the jets. */
export const composeBatchLoss = (backend: string, one: BatchCase, loss: KernelLoss): Promise<BatchValues> =>
  inScope(backend, () => {
    const { batch, request, points } = one;
    const { count } = batch;
    const { outFeatures: o, inFeatures } = batch.program;
    const evaluation = batchEvaluationOf(batch, request);
    const coords = pointTensor(one, 2, inFeatures) as BatchCoords;
    const targets = targetsOf(one, loss);
    const flat = tensor1d(parametersOf(batch));
    /** Some columns of a target, `[1 or b, n, columns]`. */
    const columnsOf = (index: number, column: number, columns: number): Tensor => {
      const target = targets[index] as Tensor;
      const [n, width] = target.shape.slice(-2) as [number, number];
      const fields = target.rank === 2 ? 1 : count;
      return slice(reshape(target, [fields, n, width]), [0, 0, column], [fields, n, columns]);
    };
    const perField = (): Tensor => {
      const blocks = jetOf(evaluation, batch, flat, coords).flatMap(part => {
        const many = part.rank === 2 ? 1 : (part.shape[0] as number);
        const all = reshape(part, [many, count, points, o]);
        return Array.from({ length: many }, (_, k) =>
          reshape(slice(all, [k, 0, 0, 0], [1, count, points, o]), [count, points, o]),
        );
      });
      const parts = loss.blocks.map(({ factor, target }, index) => {
        const block = blocks[index] as Tensor;
        const error = target ? sub(block, columnsOf(target.index, target.column, o)) : block;
        const penalties = penalise(loss.penalty, error);
        const weighted = loss.weight === undefined ? penalties : mul(penalties, columnsOf(loss.weight, 0, 1));
        return mul(sum(weighted, [1, 2]), factor);
      });
      return sum(stack(parts), 0);
    };
    const [gradient] = gradientsOf(() => mul(sum(perField()), SCALE.gradient), [flat]) as [Tensor];
    return valuesOf([
      ['loss', mul(perField(), SCALE.loss)],
      ['gradient', gradient],
    ]);
  });
