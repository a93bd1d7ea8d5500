/**
 * @file The gradient of an objective, accumulated over chunks of points so that memory does not grow with their number.
 */
import {
  broadcastTo,
  concat1d,
  engine,
  fill,
  keep,
  mean,
  mul,
  reshape,
  type Scalar,
  scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tensor2d,
  tensor3d,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import type { KernelLoss } from '../backend/backend.ts';
import { blockCount } from '../backend/kernel-program.ts';
import { type BatchCoords, BatchEvaluation, batchEvaluationOf } from '../evaluate/batch-evaluation.ts';
import { evaluateBatchNetwork, evaluateNetwork, networkParameters } from '../evaluate/evaluate.ts';
import { type Evaluation, evaluationOf } from '../evaluate/evaluation.ts';
import type { JetSource } from '../jets/jet.ts';
import { isBatchNetwork, type Model, type ModelView, viewOf } from '../model.ts';
import { assertFieldIndices } from '../models/select-fields.ts';
import type { Rng } from '../random.ts';
import { type BatchNetwork, batchNetworkFor } from '../spec/batch-network.ts';
import type { Network } from '../spec/network.ts';
import { accumulate } from './accumulate.ts';
import { kernelLossOf } from './kernel-loss.ts';
import { assertBatch, PointDataError, type PointDataFault, PointDataScan, type TargetWidths } from './point-data.ts';
import type { ChunkListener, FitStep, PointBatch } from './points.ts';
import { StepStatistics } from './step-statistics.ts';
import {
  isPointTerm,
  type ObjectiveTerm,
  type ParameterTerm,
  type TensorBatch,
  type Term,
  weightFactorAt,
} from './term.ts';
import { type FieldChoice, StepVector, ViewVectors } from './view-vectors.ts';

/** A chunk needs about this many float32 numbers at most: 128 MiB. */
const MAX_CHUNK_FLOATS = 2 ** 25;
/**
 * How many copies of the activations a forward and a reverse pass in tfjs ops hold at once, counted on a sine layer.
 */
const COPIES_PER_ACTIVATION = 8;
/** A chunk has at least so many points, those of all fields together. */
const MIN_CHUNK_ROWS = 64;
/** Points whose batches are kept on the device from step to step hold this many numbers at most: 64 MiB. */
const MAX_RESIDENT_FLOATS = 2 ** 24;

/** How a view's network is evaluated for a term. */
const evaluationFor = ({ network }: ModelView, { derivatives }: Term): Evaluation | BatchEvaluation =>
  isBatchNetwork(network) ? batchEvaluationOf(network, derivatives) : evaluationOf(network, derivatives);

/**
 * The number of points in a chunk, of each field where they are many, that keeps a step's memory near {@link
 * MAX_CHUNK_FLOATS}, whatever the number of points in the step.
 */
export const defaultChunkSize = (model: Model, terms: readonly ObjectiveTerm[]): number => {
  const activations = terms.filter(isPointTerm).map(term => {
    const evaluation = evaluationFor(viewOf(model, term.field, term.name), term);
    return blockCount(evaluation.plan) * evaluation.savedFeatures;
  });
  const floatsPerPoint = Math.max(1, ...activations) * COPIES_PER_ACTIVATION;
  const counts = Object.values(model.views).map(({ network }) => (isBatchNetwork(network) ? network.count : 1));
  const fewest = Math.ceil(MIN_CHUNK_ROWS / Math.max(1, ...counts));
  return Math.max(fewest, Math.min(65_536, Math.floor(MAX_CHUNK_FLOATS / floatsPerPoint)));
};

/** What one chunk adds to its term. */
export interface ChunkGradient {
  /** The chunk's share of the term's mean loss, without the weight: `f32[]`, or of each field of a batch `f32[b]`. */
  readonly loss: Tensor;
  /** The chunk's share of the gradient of weight times mean loss, summed over the fields: `f32[P]` of the view's. */
  readonly gradient: Tensor1D;
  /** The loss at each point, where somebody observes them; kept. */
  readonly pointLosses?: Tensor1D;
}

/** The sum over all chunks of all terms. */
export interface ObjectiveGradient {
  /** By term: `f32[]`, or `f32[b]` where it looks at many fields. */
  readonly losses: readonly Tensor[];
  /** Of the sum over terms, and over the fields of each, by the model's parameters. */
  readonly gradient: Tensor1D;
  /** The parameters with what a step leaves in those that are not trained; absent where there are none. */
  readonly state?: Tensor1D;
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
  readonly evaluation: Evaluation | BatchEvaluation;
  /** Present where the backend's kernels work the loss out too; the targets by name in their order. */
  readonly kernelLoss?: { readonly loss: KernelLoss; readonly targets: readonly string[] };
}

/** A chunk's points on the device. */
interface DeviceBatch {
  /** `f32[n, d]`, or `f32[b, n, d]` */
  readonly coords: BatchCoords;
  /** Each `f32[n, k]`, or `f32[b, n, k]`. */
  readonly targets: Readonly<Record<string, BatchCoords>>;
  /** Which of the fields of a batch they are for; all if absent. */
  readonly fields?: Int32Array;
}

/** A chunk as it is used. */
export interface DeviceChunk {
  readonly batch: DeviceBatch;
  /** The first of its points. */
  readonly start: number;
  /** Its part of the points. */
  readonly share: number;
}

/** A model's objective: draws the points of each term in chunks and differentiates the losses there. */
export class Objective {
  readonly #model: Model;
  readonly #chunkSize: number;
  readonly #prepared = new Map<Term, Map<Network | BatchNetwork, PreparedTerm>>();
  readonly #resident = new Map<Term, DeviceBatch[]>();
  readonly #widths = new Map<Term, TargetWidths>();
  /**
   * The newest batch of each term whose points change: a source that does not draw the same points twice can still be
   * held to these.
   */
  readonly #newest = new Map<Term, { readonly step: number; readonly batch: PointBatch }>();

  readonly #onChunk: ChunkListener | undefined;

  constructor(model: Model, chunkSize: number, onChunk?: ChunkListener) {
    this.#model = model;
    this.#chunkSize = chunkSize;
    this.#onChunk = onChunk;
  }

  /** Draws the points of a step in order, and checks their shapes. */
  *#draws(term: Term, { rng, step, steps }: StepDraw): Generator<Chunk> {
    const total = term.points.pointsPerStep;
    for (let start = 0; start < total; start += this.#chunkSize) {
      const count = Math.min(this.#chunkSize, total - start);
      const batch = term.points.draw(start, count, rng, { step, steps });
      this.#widths.set(term, assertBatch(term, batch, count, this.#widths.get(term)));
      assertChosenFields(term, batch, viewOf(this.#model, term.field, term.name));
      yield { start, count, batch };
    }
  }

  /**
   * Looks through the points that are the same in every step, once, and keeps those on the device that it has room for.
   *
   * @param yieldToEventLoop called after each chunk; may wait, and may throw to stop
   * @throws PointDataError when a number is not finite
   */
  async prepare(terms: readonly ObjectiveTerm[], at: StepDraw, yieldToEventLoop: () => Promise<void>): Promise<void> {
    for (const [index, term] of terms.entries()) {
      if (!isPointTerm(term) || !term.points.fixed) continue;
      const scan = new PointDataScan(term);
      const kept: DeviceBatch[] = [];
      for (const { count, batch } of this.#draws(term, { ...at, rng: at.rng.fork(index) })) {
        scan.add(batch);
        const arrays = [batch.coords, ...Object.values(batch.targets ?? {})];
        const floatsPerPoint = arrays.reduce((sum, { length }) => sum + length / count, 0);
        if (floatsPerPoint * term.points.pointsPerStep <= MAX_RESIDENT_FLOATS) {
          this.#resident.set(term, kept);
          kept.push(upload(term, count, batch));
        }
        await yieldToEventLoop();
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
    terms: readonly ObjectiveTerm[],
    steps: Iterable<StepDraw>,
    yieldToEventLoop: () => Promise<void>,
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
        if (!isPointTerm(term) || term.points.fixed) continue;
        const scan = new PointDataScan(term, at.step);
        for (const { batch } of this.#draws(term, { ...at, rng: at.rng.fork(index) })) {
          scan.add(batch);
          await yieldToEventLoop();
        }
        const fault = scan.fault();
        if (fault) return fault;
      }
    return partial;
  }

  /** The chunks of a term in order. Each must be used before the next is asked for. */
  *chunks(term: Term, at: StepDraw): Generator<DeviceChunk> {
    const total = term.points.pointsPerStep;
    const known = this.#resident.get(term);
    if (known) {
      let start = 0;
      for (const batch of known) {
        const count = batch.coords.shape.at(-2) as number;
        yield { batch, start, share: count / total };
        start += count;
      }
      return;
    }
    for (const { start, count, batch: drawn } of this.#draws(term, at)) {
      if (!term.points.fixed) this.#newest.set(term, { step: at.step, batch: drawn });
      const batch = upload(term, count, drawn);
      try {
        yield { batch, start, share: count / total };
      } finally {
        // Also when the loop over the chunks is left early, by an abort or an error.
        disposeBatch(batch);
      }
    }
  }

  /** How a term is evaluated on a network: worked out at its first chunk, as only that tells the targets. */
  #prepare(term: Term, network: Network | BatchNetwork, { targets }: DeviceBatch): PreparedTerm {
    const known = this.#prepared.get(term) ?? new Map<Network | BatchNetwork, PreparedTerm>();
    this.#prepared.set(term, known);
    const found = known.get(network);
    if (found) return found;
    const evaluation = evaluationFor({ network }, term);
    const widths = Object.entries(targets).map(([name, { shape }]) => [name, shape.at(-1) as number] as const);
    // Kernels tell the sum of the losses alone.
    const described = term.points.observe ? undefined : term.pointwise;
    const loss = described && kernelLossOf(described, evaluation.plan, widths, network.program.outFeatures);
    const kernelLoss = loss && evaluation.fuses(loss) && { loss, targets: Object.keys(targets) };
    const prepared = { evaluation, ...(kernelLoss && { kernelLoss }) };
    known.set(network, prepared);
    return prepared;
  }

  /**
   * The loss of a chunk and its gradient with respect to the parameters of the network, which are given as one flat
   * vector.
   */
  chunkGradient(
    term: Term,
    { batch, share }: Omit<DeviceChunk, 'start'>,
    { network, flat, at }: { readonly network: Network | BatchNetwork; readonly flat: Tensor1D; readonly at: FitStep },
  ): ChunkGradient {
    const prepared = this.#prepare(term, network, batch);
    const factor = weightFactorAt(term, at);
    return prepared.kernelLoss
      ? this.#kernelGradient(term, prepared as Required<PreparedTerm>, { batch, share, network, flat, factor })
      : this.#tapeGradient(term, prepared, { batch, share, network, flat, factor });
  }

  /** By the backend's kernels alone. */
  #kernelGradient(
    { weight }: Term,
    { evaluation, kernelLoss }: Required<PreparedTerm>,
    { batch: { coords, targets }, share, network, flat, factor }: ChunkOnNetwork,
  ): ChunkGradient {
    const { outFeatures } = network.program;
    const scale = share / ((coords.shape.at(-2) as number) * outFeatures);
    return tidy(() => {
      const inputs = {
        parameters: networkParameters(network.layout, flat),
        targets: kernelLoss.targets.map(name => targets[name] as Tensor),
        scale: { loss: scale, gradient: scale * weight },
      };
      const result =
        evaluation instanceof BatchEvaluation
          ? evaluation.runLoss(kernelLoss.loss, { ...inputs, coords })
          : evaluation.runLoss(kernelLoss.loss, { ...inputs, coords: coords as Tensor2D });
      // A kernel may be compiled for each scale that it is given, so what changes from step to step comes behind it.
      return factor === 1 ? result : { ...result, gradient: mul<Tensor1D>(result.gradient, factor) };
    });
  }

  /** The loss in tfjs ops on the jet; tfjs's tape leads to the reverse pass of the jet. */
  #tapeGradient(
    term: Term,
    { evaluation }: PreparedTerm,
    { batch, share, network, flat, factor }: ChunkOnNetwork,
  ): ChunkGradient {
    const fields = isBatchNetwork(network) ? network.count : undefined;
    let pointLosses: Tensor1D | undefined;
    const [loss, gradient] = tidy(() => {
      // A kernel that takes all of the network takes the flat vector; tfjs ops take its parts, so that no op is
      // differentiated with respect to all.
      const parameters: Tensor[] = evaluation.isFused ? [flat] : network.layout.split(flat);
      const given = evaluation.isFused ? flat : parameters;
      const meanLosses = (): Tensor => {
        const { means, losses } = this.#lossesOf(term, batch, { network, flat: given });
        if (term.points.observe)
          pointLosses = keep(atPoints(term, losses, (fields ?? 1) * (batch.coords.shape.at(-2) as number)));
        return mul(means, share);
      };
      const upstream = fill(fields === undefined ? [] : [fields], term.weight * factor);
      // Not tf.grads: it refuses parameters on which the loss does not depend, as the last bias when only derivatives
      // are supervised.
      const { value, grads } = differentiated(() => engine().gradients(meanLosses, parameters, upstream, true));
      const parts = grads.map((part: Tensor | null, index) => {
        const { size } = parameters[index] as Tensor;
        return (part ? reshape(part, [size]) : zeros([size])) as Tensor1D;
      });
      return [value, concat1d(parts)] as const;
    }) as [Tensor, Tensor1D];
    return { loss, gradient, ...(pointLosses && { pointLosses }) };
  }

  /**
   * The losses of a batch as the term gives them, and their mean, of each field where there are many. Within a tidy.
   */
  #lossesOf(
    term: Term,
    batch: DeviceBatch,
    { network, flat }: { readonly network: Network | BatchNetwork; readonly flat: Tensor1D | readonly Tensor[] },
  ): { readonly losses: Tensor; readonly means: Tensor } {
    const fields = isBatchNetwork(network) ? network.count : undefined;
    const rows = rowsOf(batch, fields);
    const source: JetSource = {
      inFeatures: network.program.inFeatures,
      jet: (coords, request) =>
        isBatchNetwork(network)
          ? evaluateBatchNetwork(
              network,
              flat,
              coords === rows.coords ? batch.coords : byFields(coords, network.count),
              request,
            )
          : evaluateNetwork(network, flat, coords, request),
    };
    const losses = term.losses(source, rows);
    return { losses, means: meansOf(term, losses, rows.coords.shape[0], fields) };
  }

  /** The loss of a term that looks at parameters, and its gradient. */
  #parameterGradient(term: ParameterTerm, vectors: ViewVectors, at: FitStep): Tensor {
    const { views, layout: modelLayout } = this.#model;
    const view = term.field === undefined ? onlyOwnView(views) : viewOf(this.#model, term.field, term.name);
    const vector = view ? vectors.of(view) : vectors.own;
    const fields = view && isBatchNetwork(view.network) ? view.network.count : 1;
    const layout = view ? view.network.layout : modelLayout;
    const [loss, gradient] = tidy(() => {
      const upstream = scalar(fields * term.weight * weightFactorAt(term, at));
      const flat = vector.parameters;
      const { value, grads } = differentiated(() =>
        engine().gradients(() => term.loss(flat, layout), [flat], upstream, true),
      );
      return [value, grads[0] ?? zeros(flat.shape)] as const;
    }) as [Scalar, Tensor1D];
    vector.add(gradient);
    return keep(loss);
  }

  /**
   * The mean loss of a term whose network has statistics over the points of a step, and the running ones behind it. The
   * gradient goes to the vectors.
   */
  async #normalised(
    term: Term,
    view: ModelView,
    {
      vectors,
      at,
      yieldToEventLoop,
      state,
    }: {
      readonly vectors: ViewVectors;
      readonly at: StepDraw;
      readonly yieldToEventLoop: () => Promise<void>;
      readonly state: Tensor1D | undefined;
    },
  ): Promise<{ readonly loss: Tensor; readonly state: Tensor1D }> {
    const network = view.network as Network;
    const objective = this;
    const points = function* (): Generator<{ coords: Tensor2D }> {
      for (const { batch } of objective.chunks(term, at)) yield { coords: batch.coords as Tensor2D };
    };
    const statistics = new StepStatistics(network, points, yieldToEventLoop);
    const { parameters } = vectors.own;
    const measured = new StepVector(await statistics.measure(parameters), true);
    let loss: Tensor | undefined;
    try {
      for (const chunk of this.chunks(term, at)) {
        const part = this.chunkGradient(term, chunk, { network, flat: measured.parameters, at });
        loss = accumulate(loss, part.loss);
        measured.add(part.gradient);
        await yieldToEventLoop();
      }
      vectors.own.add(await statistics.pullBack(measured.parameters, measured.take() as Tensor1D));
      return { loss: loss as Tensor, state: statistics.running(state ?? parameters.clone(), measured.parameters) };
    } catch (error) {
      loss?.dispose();
      throw error;
    } finally {
      measured.dispose();
    }
  }

  /**
   * The mean loss of every term without its weight, and the gradient `f32[P]` of the weighted sum. The caller frees
   * them.
   *
   * @param at which step's points are drawn
   * @param yieldToEventLoop called after each chunk; may wait, and may throw to stop
   */
  async differentiate(
    terms: readonly ObjectiveTerm[],
    flat: Tensor1D,
    at: StepDraw,
    yieldToEventLoop: () => Promise<void>,
  ): Promise<ObjectiveGradient> {
    const losses: Tensor[] = [];
    const vectors = new ViewVectors(flat);
    const pointsOf = (term: ObjectiveTerm): number => (isPointTerm(term) ? term.points.pointsPerStep : 0);
    const points = terms.reduce((sum, term) => sum + pointsOf(term), 0);
    let pointsDone = 0;
    let choice: FieldChoice | undefined;
    let loss: Tensor | undefined;
    let state: Tensor1D | undefined;
    try {
      for (const [index, term] of terms.entries()) {
        if (!isPointTerm(term)) {
          losses.push(this.#parameterGradient(term, vectors, at));
          continue;
        }
        const view = viewOf(this.#model, term.field, term.name);
        const drawn = { ...at, rng: at.rng.fork(index) };
        if (hasStatistics(view)) {
          const found = await this.#normalised(term, view, { vectors, at: drawn, yieldToEventLoop, state });
          losses.push(found.loss);
          state = found.state;
          continue;
        }
        for (const chunk of this.chunks(term, drawn)) {
          const { fields } = chunk.batch;
          choice ??= fields && vectors.choose(view, fields);
          assertSameFields(term, choice, fields);
          const vector = choice?.vector ?? vectors.of(view);
          const network = fields ? batchNetworkFor(view.network as BatchNetwork, fields.length) : view.network;
          const part = this.chunkGradient(term, chunk, { network, flat: vector.parameters, at });
          loss = accumulate(loss, part.loss);
          vector.add(part.gradient);
          if (part.pointLosses) await observe(term, part.pointLosses, chunk.start, at);
          pointsDone += chunk.share * pointsOf(term);
          this.#onChunk?.({ step: at.step, steps: at.steps }, Math.min(1, pointsDone / points));
          await yieldToEventLoop();
        }
        choice?.close();
        choice = undefined;
        losses.push(loss as Tensor);
        loss = undefined;
      }
      return { losses, gradient: vectors.finish() ?? zeros([flat.size]), ...(state && { state }) };
    } catch (error) {
      for (const tensor of [...losses, loss, state]) tensor?.dispose();
      throw error;
    } finally {
      choice?.dispose();
      vectors.dispose();
    }
  }

  /**
   * The mean loss of a term of points, without its weight.
   *
   * @param yieldToEventLoop called after each chunk; may wait, and may throw to stop
   */
  async lossOf(term: Term, flat: Tensor1D, at: StepDraw, yieldToEventLoop: () => Promise<void>): Promise<number> {
    const view = viewOf(this.#model, term.field, term.name);
    const vectors = new ViewVectors(flat);
    let sum = 0;
    try {
      for (const { batch, share } of this.chunks(term, { ...at, rng: at.rng.fork('held-out', term.name) })) {
        const { fields } = batch;
        const choice = fields && vectors.choose(view, fields);
        const network = fields ? batchNetworkFor(view.network as BatchNetwork, fields.length) : view.network;
        const { parameters } = choice?.vector ?? vectors.of(view);
        const loss = tidy(() => mean(this.#lossesOf(term, batch, { network, flat: parameters }).means));
        sum += share * ((await loss.data())[0] as number);
        loss.dispose();
        choice?.dispose();
        await yieldToEventLoop();
      }
      return sum;
    } finally {
      vectors.dispose();
    }
  }

  /** Frees the points that are kept on the device. */
  dispose(): void {
    for (const batches of this.#resident.values()) for (const batch of batches) disposeBatch(batch);
    this.#resident.clear();
    this.#newest.clear();
  }
}

/**
 * Runs a differentiation. tfjs keeps what kernels save for the way back, and frees it at the end of the way back alone:
 * where that is not reached, because a loss or a kernel throws, it is freed here.
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

/** Tells a source the losses at its points, and frees them. */
const observe = async ({ points }: Term, losses: Tensor1D, start: number, { step, steps }: FitStep): Promise<void> => {
  const values = Float32Array.from(await losses.data());
  losses.dispose();
  points.observe?.(values, start, { step, steps });
};

/** Whether a view's network has statistics over the points of a step. */
const hasStatistics = ({ network }: ModelView): boolean => !isBatchNetwork(network) && network.statistics.length > 0;

/** A chunk of a term on a network. */
interface ChunkOnNetwork extends Omit<DeviceChunk, 'start'> {
  readonly network: Network | BatchNetwork;
  readonly flat: Tensor1D;
  /** On the weight, in this step. */
  readonly factor: number;
}

/** The one view of a model whose parameters are the model's own; `undefined` if there are others. */
export const onlyOwnView = (views: Model['views']): ModelView | undefined => {
  const all = Object.values(views);
  return all.length === 1 && all[0]?.parameters === undefined ? all[0] : undefined;
};

/** @throws RangeError when a batch is not for the fields that the view has */
const assertChosenFields = (
  { name, points: { fields } }: Term,
  { fields: chosen }: PointBatch,
  { network }: ModelView,
): void => {
  if (!isBatchNetwork(network)) return;
  const { count } = network;
  if (chosen === undefined) {
    if (fields !== undefined && fields !== count)
      throw new RangeError(`term '${name}': draw must say which ${fields} of the ${count} fields it is for, in fields`);
    return;
  }
  if (chosen.length !== fields)
    throw new RangeError(
      `term '${name}': draw must return as many fields as the source says, ${fields ?? 'none'}, got ${chosen.length}`,
    );
  assertFieldIndices(`term '${name}'`, chosen, count);
};

const assertSameFields = ({ name }: Term, choice: FieldChoice | undefined, fields: Int32Array | undefined): void => {
  if ((choice === undefined) !== (fields === undefined) || (choice && fields && !choice.isOf(fields)))
    throw new RangeError(`term '${name}': draw must return the same fields for all chunks of a step`);
};

/** The mean over the points: `f32[]`, or of each field `f32[b]`. */
const meansOf = ({ name }: Term, losses: Tensor, rows: number, fields: number | undefined): Tensor => {
  if (losses.rank > 0 && losses.shape[0] !== rows)
    throw new RangeError(
      `term '${name}': the loss must be a scalar or one value for each of ${rows} points, got [${losses.shape.join(', ')}]`,
    );
  if (fields === undefined) return mean(losses);
  return losses.rank === 0 ? broadcastTo(losses, [fields]) : mean(reshape(losses, [fields, -1]), 1);
};

/**
 * The loss at each point, the mean over the further axes. @throws RangeError when there is one number for all of them
 */
const atPoints = ({ name }: Term, losses: Tensor, rows: number): Tensor1D => {
  if (losses.rank === 0)
    throw new RangeError(
      `term '${name}': the loss must be one value for each of ${rows} points, as its points observe them, got a scalar`,
    );
  return losses.rank === 1 ? (losses.clone() as Tensor1D) : mean(reshape(losses, [rows, -1]), 1);
};

/** `f32[b n, k]` as `f32[b, n, k]`. */
const byFields = (rows: Tensor2D, fields: number): Tensor3D => reshape(rows, [fields, -1, rows.shape[1]]);

/** The points as a loss sees them: each field's behind those of the one before. */
export const rowsOf = ({ coords, targets }: DeviceBatch, fields: number | undefined): TensorBatch => {
  if (fields === undefined) return { coords, targets } as TensorBatch;
  const rows = (tensor: BatchCoords): Tensor2D => {
    const [n, k] = tensor.shape.slice(-2) as [number, number];
    const all = tensor.rank === 3 ? tensor : broadcastTo(reshape(tensor, [1, n, k]), [fields, n, k]);
    return reshape(all, [fields * n, k]);
  };
  return {
    coords: rows(coords),
    targets: Object.fromEntries(Object.entries(targets).map(([name, target]) => [name, rows(target)])),
  };
};

/** The tensors of a batch, which are kept. */
const upload = (
  { points: { inFeatures, fields } }: Term,
  count: number,
  { coords, targets = {}, fields: chosen }: PointBatch,
): DeviceBatch => {
  const tensorOf = (values: Float32Array, width: number): BatchCoords =>
    keep(
      fields !== undefined && values.length !== count * width
        ? tensor3d(values, [fields, count, width], 'float32')
        : tensor2d(values, [count, width], 'float32'),
    );
  const rows = count * (fields ?? 1);
  return {
    coords: tensorOf(coords, inFeatures),
    targets: Object.fromEntries(
      Object.entries(targets).map(([name, values]) => [name, tensorOf(values, values.length / rows)]),
    ),
    ...(chosen && { fields: Int32Array.from(chosen) }),
  };
};

const disposeBatch = ({ coords, targets }: DeviceBatch): void => {
  coords.dispose();
  for (const target of Object.values(targets)) target.dispose();
};
