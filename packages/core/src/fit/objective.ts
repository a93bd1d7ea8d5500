/** @file The gradient of an objective, accumulated over chunks of points so that memory does not grow with their number. */
import {
  add,
  concat1d,
  engine,
  keep,
  mean,
  mul,
  reshape,
  type Scalar,
  scalar,
  type Tensor,
  type Tensor1D,
  tensor2d,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import type { KernelLoss } from '../backend/backend.ts';
import { blockCount } from '../backend/kernel-program.ts';
import { evaluateNetwork } from '../evaluate/evaluate.ts';
import { type Evaluation, evaluationOf } from '../evaluate/evaluation.ts';
import type { Field } from '../field.ts';
import type { JetSource } from '../jets/jet.ts';
import type { Rng } from '../random.ts';
import { type Network, networkOf } from '../spec/network.ts';
import { kernelLossOf } from './kernel-loss.ts';
import { assertBatch, PointDataError, type PointDataFault, PointDataScan, type TargetWidths } from './point-data.ts';
import type { FitStep, PointBatch } from './points.ts';
import { type TensorBatch, type Term, weightFactorAt } from './term.ts';

/** A chunk needs about this many float32 numbers at most: 128 MiB. */
const CHUNK_NUMBERS = 2 ** 25;
/** How many copies of the activations a forward and a reverse pass in tfjs ops hold at once, counted on a sine layer. */
const COPIES_PER_ACTIVATION = 8;
/** Points whose batches are kept on the device from step to step hold this many numbers at most: 64 MiB. */
const RESIDENT_NUMBERS = 2 ** 24;

/** The number of points in a chunk that keeps a step's memory near {@link CHUNK_NUMBERS}, whatever the number of points in the step. */
export const defaultChunkSize = (field: Field, terms: readonly Term[]): number => {
  const network = networkOf(field.spec, field.extensions);
  const activations = terms.map(({ derivatives }) => {
    const evaluation = evaluationOf(network, derivatives);
    return blockCount(evaluation.plan) * evaluation.keptFeatures;
  });
  const numbersPerPoint = Math.max(1, ...activations) * COPIES_PER_ACTIVATION;
  return Math.max(64, Math.min(65_536, Math.floor(CHUNK_NUMBERS / numbersPerPoint)));
};

/** What one chunk adds to its term. */
export interface ChunkGradient {
  /** The chunk's share of the term's mean loss, without the weight. */
  readonly loss: Scalar;
  /** The chunk's share of the gradient of weight times mean loss: `f32[P]`. */
  readonly gradient: Tensor1D;
}

/** The sum over all chunks of all terms. */
export interface ObjectiveGradient {
  readonly losses: readonly Scalar[];
  readonly gradient: Tensor1D;
}

/** What the points of a step follow from, beside their sources. */
export interface StepDraw extends FitStep {
  readonly rng: Rng;
}

/** A chunk of points as they were drawn. */
interface Chunk {
  readonly start: number;
  readonly count: number;
  readonly batch: PointBatch;
}

/** How a term is evaluated. */
interface PreparedTerm {
  readonly evaluation: Evaluation;
  /** Present where the backend's kernels work the loss out too; the targets by name in their order. */
  readonly kernelLoss?: { readonly loss: KernelLoss; readonly targets: readonly string[] };
}

/** A field's objective: draws the points of each term in chunks and differentiates the losses there. */
export class Objective {
  readonly #field: Field;
  readonly #network: Network;
  readonly #chunkSize: number;
  readonly #prepared = new Map<Term, PreparedTerm>();
  readonly #resident = new Map<Term, TensorBatch[]>();
  readonly #widths = new Map<Term, TargetWidths>();
  /** The newest batch of each term whose points change: a source that does not draw the same points twice can still be held to these. */
  readonly #newest = new Map<Term, { readonly step: number; readonly batch: PointBatch }>();

  constructor(field: Field, chunkSize: number) {
    this.#field = field;
    this.#network = networkOf(field.spec, field.extensions);
    this.#chunkSize = chunkSize;
  }

  /** Draws the points of a step in order, and checks their shapes. */
  *#draws(term: Term, { rng, step, steps }: StepDraw): Generator<Chunk> {
    const total = term.points.pointsPerStep;
    for (let start = 0; start < total; start += this.#chunkSize) {
      const count = Math.min(this.#chunkSize, total - start);
      const batch = term.points.draw(start, count, rng, { step, steps });
      this.#widths.set(term, assertBatch(term, batch, count, this.#widths.get(term)));
      yield { start, count, batch };
    }
  }

  /**
   * Looks through the points that are the same in every step, once, and keeps those on the device that it has room for.
   *
   * @param breathe called after each chunk; may wait, and may throw to stop
   * @throws PointDataError when a number is not finite
   */
  async prepare(terms: readonly Term[], at: StepDraw, breathe: () => Promise<void>): Promise<void> {
    for (const [index, term] of terms.entries()) {
      if (!term.points.fixed) continue;
      const scan = new PointDataScan(term);
      const kept: TensorBatch[] = [];
      for (const { count, batch } of this.#draws(term, { ...at, rng: at.rng.fork(index) })) {
        scan.add(batch);
        const arrays = [batch.coords, ...Object.values(batch.targets ?? {})];
        const numbersPerPoint = arrays.reduce((sum, { length }) => sum + length / count, 0);
        if (numbersPerPoint * term.points.pointsPerStep <= RESIDENT_NUMBERS) {
          this.#resident.set(term, kept);
          kept.push(upload(term, count, batch));
        }
        await breathe();
      }
      const fault = scan.fault();
      if (fault) throw new PointDataError(fault);
    }
  }

  /**
   * Draws the points of some steps again that change from step to step, and looks for numbers that are not finite.
   *
   * @param steps the first, the one with the bad loss last
   */
  async findFault(
    terms: readonly Term[],
    steps: Iterable<StepDraw>,
    breathe: () => Promise<void>,
  ): Promise<PointDataFault | undefined> {
    let partial: PointDataFault | undefined;
    // What was drawn in one chunk is at hand as it was.
    for (const [term, { step, batch }] of this.#newest) {
      const scan = new PointDataScan(term, step);
      scan.add(batch);
      const fault = scan.fault();
      if (fault && term.points.pointsPerStep <= this.#chunkSize) return fault;
      partial ??= fault;
    }
    for (const at of steps)
      for (const [index, term] of terms.entries()) {
        if (term.points.fixed) continue;
        const scan = new PointDataScan(term, at.step);
        for (const { batch } of this.#draws(term, { ...at, rng: at.rng.fork(index) })) {
          scan.add(batch);
          await breathe();
        }
        const fault = scan.fault();
        if (fault) return fault;
      }
    return partial;
  }

  /** The chunks of a term in order. Each must be used before the next is asked for. */
  *chunks(term: Term, at: StepDraw): Generator<{ readonly batch: TensorBatch; readonly share: number }> {
    const total = term.points.pointsPerStep;
    const known = this.#resident.get(term);
    if (known) {
      for (const batch of known) yield { batch, share: (batch.coords.shape[0] as number) / total };
      return;
    }
    for (const { count, batch: drawn } of this.#draws(term, at)) {
      if (!term.points.fixed) this.#newest.set(term, { step: at.step, batch: drawn });
      const batch = upload(term, count, drawn);
      try {
        yield { batch, share: count / total };
      } finally {
        // Also when the loop over the chunks is left early, by an abort or an error.
        disposeBatch(batch);
      }
    }
  }

  /** How a term is evaluated: worked out at its first chunk, as only that tells the targets. */
  #prepare(term: Term, { targets }: TensorBatch): PreparedTerm {
    const known = this.#prepared.get(term);
    if (known) return known;
    const evaluation = evaluationOf(this.#network, term.derivatives);
    const widths = Object.entries(targets).map(([name, { shape }]) => [name, shape[1]] as const);
    const loss = term.pointwise && kernelLossOf(term.pointwise, evaluation.plan, widths, this.#field.outFeatures);
    const kernelLoss = loss && evaluation.fuses(loss) && { loss, targets: Object.keys(targets) };
    const prepared = { evaluation, ...(kernelLoss && { kernelLoss }) };
    this.#prepared.set(term, prepared);
    return prepared;
  }

  /** The loss of a chunk and its gradient with respect to all parameters, which are given as one flat vector. */
  chunkGradient(
    term: Term,
    { batch, share }: { readonly batch: TensorBatch; readonly share: number },
    { flat, at }: { readonly flat: Tensor1D; readonly at: FitStep },
  ): ChunkGradient {
    const { evaluation, kernelLoss } = this.#prepare(term, batch);
    const { weight } = term;
    const factor = weightFactorAt(term, at);
    if (kernelLoss) {
      const { coords, targets } = batch;
      const scale = share / ((coords.shape[0] as number) * this.#field.outFeatures);
      return tidy(() => {
        const result = evaluation.runLoss(kernelLoss.loss, {
          parameters: flat,
          coords,
          targets: kernelLoss.targets.map(name => targets[name] as Tensor),
          scale: { loss: scale, gradient: scale * weight },
        });
        // A kernel may be compiled for each scale that it is given, so what changes from step to step comes behind it.
        return factor === 1 ? result : { ...result, gradient: mul<Tensor1D>(result.gradient, factor) };
      });
    }
    const { inFeatures, layout } = this.#field;
    const network = this.#network;
    const [loss, gradient] = tidy(() => {
      // A kernel that takes all of the network takes the flat vector; tfjs ops take its parts, so that no op is differentiated with respect to all.
      const whole = evaluation.isFused;
      const parameters: Tensor[] = whole ? [flat] : layout.split(flat);
      const source: JetSource = {
        inFeatures,
        jet: (coords, request) => evaluateNetwork(network, whole ? flat : parameters, coords, request),
      };
      const meanLoss = (): Scalar => {
        const losses = term.losses(source, batch);
        const count = batch.coords.shape[0] as number;
        if (losses.rank > 0 && losses.shape[0] !== count)
          throw new RangeError(
            `term '${term.name}': the loss must be a scalar or one value for each of ${count} points, got [${losses.shape.join(', ')}]`,
          );
        return mul(mean(losses), share) as Scalar;
      };
      // Not tf.grads: it refuses parameters on which the loss does not depend, as the last bias when only derivatives are supervised.
      const { value, grads } = differentiated(() => engine().gradients(meanLoss, parameters, scalar(weight * factor), true));
      const parts = grads.map((part: Tensor | null, index) => {
        const { size } = parameters[index] as Tensor;
        return (part ? reshape(part, [size]) : zeros([size])) as Tensor1D;
      });
      return [value, concat1d(parts)] as const;
    }) as [Scalar, Tensor1D];
    return { loss, gradient };
  }

  /**
   * The mean loss of every term without its weight, and the gradient `f32[P]` of the weighted sum. The caller frees them.
   *
   * @param at which step's points are drawn
   * @param breathe called after each chunk; may wait, and may throw to stop
   */
  async differentiate(
    terms: readonly Term[],
    flat: Tensor1D,
    at: StepDraw,
    breathe: () => Promise<void>,
  ): Promise<ObjectiveGradient> {
    const losses: Scalar[] = [];
    let loss: Scalar | undefined;
    let gradient: Tensor1D | undefined;
    try {
      for (const [index, term] of terms.entries()) {
        for (const chunk of this.chunks(term, { ...at, rng: at.rng.fork(index) })) {
          const part = this.chunkGradient(term, chunk, { flat, at });
          loss = accumulate(loss, part.loss);
          gradient = accumulate(gradient, part.gradient);
          await breathe();
        }
        losses.push(loss as Scalar);
        loss = undefined;
      }
    } catch (error) {
      for (const tensor of [...losses, loss, gradient]) tensor?.dispose();
      throw error;
    }
    return { losses, gradient: gradient as Tensor1D };
  }

  /** Frees the points that are kept on the device. */
  dispose(): void {
    for (const batches of this.#resident.values()) for (const batch of batches) disposeBatch(batch);
    this.#resident.clear();
    this.#newest.clear();
  }
}

/**
 * Runs a differentiation. tfjs keeps what kernels save for the way back, and frees it at the end of the way back alone: where that is not reached,
 * because a loss or a kernel throws, it is freed here.
 */
const differentiated = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    const { state } = engine();
    if (state.gradientDepth === 0) {
      for (const { saved = [] } of state.activeTape ?? []) for (const tensor of saved) tensor.dispose();
      state.activeTape = [];
    }
    throw error;
  }
};

/** The tensors of a batch, which are kept. */
const upload = ({ points: { inFeatures } }: Term, count: number, { coords, targets = {} }: PointBatch): TensorBatch => ({
  coords: keep(tensor2d(coords, [count, inFeatures], 'float32')),
  targets: Object.fromEntries(
    Object.entries(targets).map(([name, values]) => [name, keep(tensor2d(values, [count, values.length / count], 'float32'))]),
  ),
});

const disposeBatch = ({ coords, targets }: TensorBatch): void => {
  coords.dispose();
  for (const target of Object.values(targets)) target.dispose();
};

/** total + part, freeing both. */
const accumulate = <T extends Tensor>(total: T | undefined, part: T): T => {
  if (total === undefined) return keep(part);
  const next = keep(add(total, part)) as T;
  total.dispose();
  part.dispose();
  return next;
};
