/**
 * @file The gradient of an objective, accumulated over chunks of points so that memory does not grow with their number.
 */
import {
  add,
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
import { Evaluation, evaluationOf } from '../evaluate/evaluation.ts';
import type { JetSource } from '../jets/jet.ts';
import { isBatchNetwork, type Model, type ModelView, viewOf } from '../model.ts';
import { assertFieldIndices } from '../models/select-fields.ts';
import type { Rng } from '../random.ts';
import { type BatchNetwork, batchNetworkFor } from '../spec/batch-network.ts';
import type { Network } from '../spec/network.ts';
import { accumulate } from './accumulate.ts';
import { kernelLossOf } from './kernel-loss.ts';
import {
  assertBatch,
  assertInputs,
  PointDataError,
  type PointDataFault,
  PointDataScan,
  type TargetWidths,
} from './point-data.ts';
import type { ChunkListener, FitStep, PointBatch, PointScoring } from './points.ts';
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

/** The activations of a chunk take at most about this many floats: 128 MiB. */
const MAX_CHUNK_FLOATS = 2 ** 25;
/**
 * The number of copies of the activations that a forward and a backward pass in tfjs ops hold at once, measured on a
 * sine layer.
 */
const COPIES_PER_ACTIVATION = 8;
/** The maximum number of points in a chunk of a field without large tables. */
const MAX_CHUNK_POINTS = 65_536;
/**
 * Where kernels do not accumulate, every chunk makes some passes over the whole gradient, tables included, while a
 * point reads few of their rows: a pass over this many values of a table takes less time than a point.
 */
const TABLE_VALUES_PER_POINT = 16;
/** The minimum number of points in a chunk, over all fields together. */
const MIN_CHUNK_ROWS = 64;
/** The maximum size of a term's points that stay on the device between steps: 64 MiB. */
const MAX_RESIDENT_FLOATS = 2 ** 24;

/** How a view's network is evaluated for a term. */
const evaluationFor = ({ network }: ModelView, { derivatives }: Term): Evaluation | BatchEvaluation =>
  isBatchNetwork(network) ? batchEvaluationOf(network, derivatives) : evaluationOf(network, derivatives);

/**
 * The number of points in a chunk (per field for many fields) that keeps a step's activations near {@link
 * MAX_CHUNK_FLOATS}, whatever the number of points in the step, and the passes over tables short beside its points.
 */
export const defaultChunkSize = (model: Model, terms: readonly ObjectiveTerm[]): number => {
  const activations = terms.filter(isPointTerm).map(term => {
    const evaluation = evaluationFor(viewOf(model, term.field, term.name), term);
    return blockCount(evaluation.plan) * evaluation.savedFeatures;
  });
  const floatsPerPoint = Math.max(1, ...activations) * COPIES_PER_ACTIVATION;
  const counts = Object.values(model.views).map(({ network }) => (isBatchNetwork(network) ? network.count : 1));
  const fewest = Math.ceil(MIN_CHUNK_ROWS / Math.max(1, ...counts));
  const tableValues = model.layout.select({ group: 'table' }).reduce((total, { size }) => total + size, 0);
  const most = Math.max(MAX_CHUNK_POINTS, Math.floor(tableValues / TABLE_VALUES_PER_POINT));
  return Math.max(fewest, Math.min(most, Math.floor(MAX_CHUNK_FLOATS / floatsPerPoint)));
};

/** The contribution of one chunk to its term. */
export interface ChunkGradient {
  /** The chunk's share of the term's mean loss, without the weight: `f32[]`, or `f32[b]` for the fields of a batch. */
  readonly loss: Tensor;
  /**
   * The chunk's share of the gradient of weight times mean loss, summed over the fields, with respect to the view's
   * parameters `f32[P]`; with those of the chunks before it where their sum was given.
   */
  readonly gradient: Tensor1D;
  /** The loss at each point, if the source observes them; kept (`tf.keep`). */
  readonly pointLosses?: Tensor1D;
}

/** The sum over all chunks of all terms. */
export interface ObjectiveGradient {
  /** For each term: `f32[]`, or `f32[b]` for many fields. */
  readonly losses: readonly Tensor[];
  /** The gradient of the sum over terms and fields, with respect to the model's parameters. */
  readonly gradient: Tensor1D;
  /** The parameters with the step's new values of untrained ones; absent where all are trained. */
  readonly state?: Tensor1D;
}

/** What determines the points of a step, besides their sources. */
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
  /** Present where the backend's kernels compute the loss too; with the names of the targets in order. */
  readonly kernelLoss?: { readonly loss: KernelLoss; readonly targets: readonly string[] };
}

/** A chunk's points on the device. */
interface DeviceBatch {
  /** `f32[n, d]`, or `f32[b, n, d]` */
  readonly coords: BatchCoords;
  /** Each `f32[n, k]`, or `f32[b, n, k]`. */
  readonly targets: Readonly<Record<string, BatchCoords>>;
  /** The fields of a batch that they are for; all if absent. */
  readonly fields?: Int32Array;
}

/** A chunk on the device. */
export interface DeviceChunk {
  readonly batch: DeviceBatch;
  /** The index of its first point. */
  readonly start: number;
  /** Its fraction of the step's points. */
  readonly share: number;
}

/** A model's objective: draws the points of each term in chunks and differentiates the losses there. */
export class Objective {
  readonly #model: Model;
  readonly #chunkSize: number;
  readonly #prepared = new Map<Term, Map<Network | BatchNetwork, PreparedTerm>>();
  readonly #resident = new Map<Term, DeviceBatch[]>();
  readonly #widths = new Map<Term, TargetWidths>();
  /** The latest batch of each term whose points change: a source may not be able to draw the same points again. */
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
   * Checks the points that are the same in every step, once, and keeps them on the device if they fit.
   *
   * @param yieldToEventLoop called after each chunk; may wait, and throws to stop the fit
   * @throws PointDataError when a value is not finite
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
   * Draws the changing points of some steps again, and looks for values that are not finite.
   *
   * @param steps the steps in order, up to the one with the bad loss
   */
  async findFault(
    terms: readonly ObjectiveTerm[],
    steps: Iterable<StepDraw>,
    yieldToEventLoop: () => Promise<void>,
  ): Promise<PointDataFault | undefined> {
    let partial: PointDataFault | undefined;
    // The latest batch is still available, exactly as it was drawn.
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

  /** The chunks of a term in order. Each must be used before the next is requested. */
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
        // Also disposed of when the loop over the chunks is left early, by an abort or an error.
        disposeBatch(batch);
      }
    }
  }

  /** Prepares the evaluation of a term on a network, at its first chunk, which determines the targets. */
  #prepare(term: Term, network: Network | BatchNetwork, { targets }: DeviceBatch): PreparedTerm {
    const known = this.#prepared.get(term) ?? new Map<Network | BatchNetwork, PreparedTerm>();
    this.#prepared.set(term, known);
    const found = known.get(network);
    if (found) return found;
    const evaluation = evaluationFor({ network }, term);
    const widths = Object.entries(targets).map(([name, { shape }]) => [name, shape.at(-1) as number] as const);
    // Kernels return only the sum of the losses.
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
   *
   * @param options `total`: the sum of the gradients of chunks before it, to add to; its values must not be read
   *   afterwards, but the caller disposes of it
   */
  chunkGradient(
    term: Term,
    { batch, share }: Omit<DeviceChunk, 'start'>,
    {
      network,
      flat,
      at,
      total,
    }: {
      readonly network: Network | BatchNetwork;
      readonly flat: Tensor1D;
      readonly at: FitStep;
      readonly total?: Tensor1D | undefined;
    },
  ): ChunkGradient {
    const prepared = this.#prepare(term, network, batch);
    const factor = weightFactorAt(term, at);
    const chunk = { batch, share, network, flat, factor, total };
    return prepared.kernelLoss
      ? this.#kernelGradient(term, prepared as Required<PreparedTerm>, chunk)
      : this.#tapeGradient(term, prepared, chunk);
  }

  /** The same in the backend's kernels. */
  #kernelGradient(
    { weight }: Term,
    { evaluation, kernelLoss }: Required<PreparedTerm>,
    { batch: { coords, targets }, share, network, flat, factor, total }: ChunkOnNetwork,
  ): ChunkGradient {
    const { outFeatures } = network.program;
    const scale = share / ((coords.shape.at(-2) as number) * outFeatures);
    return tidy(() => {
      const inputs = {
        parameters: networkParameters(network.layout, flat),
        targets: kernelLoss.targets.map(name => targets[name] as Tensor),
        scale: { loss: scale, gradient: scale * weight },
      };
      if (factor === 1 && evaluation instanceof Evaluation)
        return evaluation.runLoss(kernelLoss.loss, { ...inputs, coords: coords as Tensor2D, total });
      const result =
        evaluation instanceof BatchEvaluation
          ? evaluation.runLoss(kernelLoss.loss, { ...inputs, coords })
          : evaluation.runLoss(kernelLoss.loss, { ...inputs, coords: coords as Tensor2D });
      // A kernel may be compiled for each scale, so a factor that changes between steps is applied afterwards.
      const gradient = factor === 1 ? result.gradient : mul<Tensor1D>(result.gradient, factor);
      return { ...result, gradient: total ? add<Tensor1D>(total, gradient) : gradient };
    });
  }

  /** The same with the loss in tfjs ops on the jet, differentiated by tfjs's tape. */
  #tapeGradient(
    term: Term,
    { evaluation }: PreparedTerm,
    { batch, share, network, flat, factor, total }: ChunkOnNetwork,
  ): ChunkGradient {
    const fields = isBatchNetwork(network) ? network.count : undefined;
    let pointLosses: Tensor1D | undefined;
    const [loss, gradient] = tidy(() => {
      // A kernel that runs the whole network takes the flat vector; tfjs ops take separate tensors, so that no op has a
      // gradient of full size.
      const parameters: Tensor[] = evaluation.isFused ? [flat] : network.layout.split(flat);
      const given = evaluation.isFused ? flat : parameters;
      const meanLosses = (): Tensor => {
        const { means, losses } = this.#lossesOf(term, batch, { network, flat: given });
        if (term.points.observe)
          pointLosses = keep(atPoints(term, losses, (fields ?? 1) * (batch.coords.shape.at(-2) as number)));
        return mul(means, share);
      };
      const upstream = fill(fields === undefined ? [] : [fields], term.weight * factor);
      // Not tf.grads, which rejects parameters that the loss does not depend on, such as the last bias when only
      // derivatives are supervised.
      const { value, grads } = differentiated(() => engine().gradients(meanLosses, parameters, upstream, true));
      const parts = grads.map((part: Tensor | null, index) => {
        const { size } = parameters[index] as Tensor;
        return (part ? reshape(part, [size]) : zeros([size])) as Tensor1D;
      });
      const sum = concat1d(parts);
      return [value, total ? add(total, sum) : sum] as const;
    }) as [Tensor, Tensor1D];
    return { loss, gradient, ...(pointLosses && { pointLosses }) };
  }

  /** The losses of a batch as the term returns them, and their mean (per field for many fields). Call within a tidy. */
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

  /** The loss of a parameter term, and its gradient. */
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
   * The mean loss of a term whose network has statistics over the points of a step, and the next running averages. Adds
   * the gradient to `vectors`.
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
   * The mean loss of every term without its weight, and the gradient `f32[P]` of the weighted sum. The caller disposes
   * of them.
   *
   * @param at the step whose points are drawn
   * @param yieldToEventLoop called after each chunk; may wait, and throws to stop the fit
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
        useInputs(term, vectors, drawn);
        if (hasStatistics(view)) {
          const found = await this.#normalised(term, view, { vectors, at: drawn, yieldToEventLoop, state });
          losses.push(found.loss);
          state = found.state;
          continue;
        }
        if (term.points.scoring?.due({ step: at.step, steps: at.steps }))
          await this.#score(term, { view, flat: vectors.of(view).parameters, at, yieldToEventLoop });
        for (const chunk of this.chunks(term, drawn)) {
          const { fields } = chunk.batch;
          choice ??= fields && vectors.choose(view, fields);
          assertSameFields(term, choice, fields);
          const vector = choice?.vector ?? vectors.of(view);
          const network = fields ? batchNetworkFor(view.network as BatchNetwork, fields.length) : view.network;
          const given = { network, flat: vector.parameters, at, total: vector.total };
          const part = this.chunkGradient(term, chunk, given);
          loss = accumulate(loss, part.loss);
          vector.replaceTotal(part.gradient);
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

  /** Gives a source the losses that it requests before a step. */
  async #score(term: Term, { view, flat, at: { step, steps }, yieldToEventLoop }: ScoringPass): Promise<void> {
    const scoring = term.points.scoring as PointScoring;
    const at = { step, steps };
    for (let start = 0; start < scoring.size; start += this.#chunkSize) {
      const count = Math.min(this.#chunkSize, scoring.size - start);
      const drawn = scoring.draw(start, count, at);
      this.#widths.set(term, assertBatch(term, drawn, count, this.#widths.get(term)));
      const batch = upload(term, count, drawn);
      const network = view.network as Network;
      let losses: Tensor1D | undefined;
      let values: Tensor | undefined;
      try {
        losses = tidy(() => atPoints(term, this.#lossesOf(term, batch, { network, flat }).losses, count));
        if (scoring.needsValues?.(at))
          values = tidy(() => evaluateNetwork(network, flat, batch.coords as Tensor2D, {}).value);
        const read = values && Float32Array.from(await values.data());
        scoring.take(Float32Array.from(await losses.data()), start, at, read);
      } finally {
        losses?.dispose();
        values?.dispose();
        disposeBatch(batch);
      }
      await yieldToEventLoop();
    }
  }

  /**
   * The mean loss of a point term, without its weight.
   *
   * @param yieldToEventLoop called after each chunk; may wait, and throws to stop the fit
   */
  async lossOf(term: Term, flat: Tensor1D, at: StepDraw, yieldToEventLoop: () => Promise<void>): Promise<number> {
    const view = viewOf(this.#model, term.field, term.name);
    const vectors = new ViewVectors(flat);
    let sum = 0;
    try {
      const drawn = { ...at, rng: at.rng.fork('held-out', term.name) };
      useInputs(term, vectors, drawn);
      for (const { batch, share } of this.chunks(term, drawn)) {
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
 * Runs a differentiation. tfjs frees the tensors that kernels save for the backward pass only when it finishes; if it
 * does not, because a loss or a kernel throws, they are freed here.
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

/** Passes the losses at its points to a source, and disposes of them. */
const observe = async ({ points }: Term, losses: Tensor1D, start: number, { step, steps }: FitStep): Promise<void> => {
  const values = Float32Array.from(await losses.data());
  losses.dispose();
  points.observe?.(values, start, { step, steps });
};

/** The inputs of a pass over the points that a source scores. */
interface ScoringPass {
  readonly view: ModelView;
  readonly flat: Tensor1D;
  readonly at: FitStep;
  /** As in {@link Objective.differentiate}. */
  readonly yieldToEventLoop: () => Promise<void>;
}

/** Draws the inputs of a term's step, which later terms share. @throws RangeError or TypeError if one is wrong */
const useInputs = (term: Term, vectors: ViewVectors, { rng, step, steps }: StepDraw): void => {
  const inputs = term.points.inputs?.(rng, { step, steps });
  if (inputs === undefined) return;
  assertInputs(term, inputs);
  vectors.use(inputs);
};

/** Whether a view's network has statistics over the points of a step. */
const hasStatistics = ({ network }: ModelView): boolean => !isBatchNetwork(network) && network.statistics.length > 0;

/** A chunk of a term on a network. */
interface ChunkOnNetwork extends Omit<DeviceChunk, 'start'> {
  readonly network: Network | BatchNetwork;
  readonly flat: Tensor1D;
  /** The schedule's factor on the weight in this step. */
  readonly factor: number;
  /** As in {@link Objective.chunkGradient}. */
  readonly total: Tensor1D | undefined;
}

/** The only view of a model, if its parameters are the model's own; otherwise `undefined`. */
export const onlyOwnView = (views: Model['views']): ModelView | undefined => {
  const all = Object.values(views);
  return all.length === 1 && all[0]?.parameters === undefined ? all[0] : undefined;
};

/** @throws RangeError when a batch's fields do not fit the view */
const assertChosenFields = (
  { name, points: { fields } }: Term,
  { fields: chosen }: PointBatch,
  { network }: ModelView,
): void => {
  if (!isBatchNetwork(network)) return;
  const { count } = network;
  if (chosen === undefined) {
    if (fields !== undefined && fields !== count)
      throw new RangeError(
        `term '${name}': draw must return in fields which ${fields} of the ${count} fields it is for`,
      );
    return;
  }
  if (chosen.length !== fields)
    throw new RangeError(
      `term '${name}': draw must return ${fields ?? 'no'} fields, as the source declares, got ${chosen.length}`,
    );
  assertFieldIndices(`term '${name}'`, chosen, count);
};

const assertSameFields = ({ name }: Term, choice: FieldChoice | undefined, fields: Int32Array | undefined): void => {
  if ((choice === undefined) !== (fields === undefined) || (choice && fields && !choice.isOf(fields)))
    throw new RangeError(`term '${name}': draw must return the same fields for all chunks of a step`);
};

/** The mean over the points: `f32[]`, or `f32[b]` for many fields. */
const meansOf = ({ name }: Term, losses: Tensor, rows: number, fields: number | undefined): Tensor => {
  if (losses.rank > 0 && losses.shape[0] !== rows)
    throw new RangeError(
      `term '${name}': the loss must be a scalar or one value for each of ${rows} points, got [${losses.shape.join(', ')}]`,
    );
  if (fields === undefined) return mean(losses);
  return losses.rank === 0 ? broadcastTo(losses, [fields]) : mean(reshape(losses, [fields, -1]), 1);
};

/** The loss at each point: the mean over further axes. @throws RangeError when the loss is a scalar */
const atPoints = ({ name }: Term, losses: Tensor, rows: number): Tensor1D => {
  if (losses.rank === 0)
    throw new RangeError(
      `term '${name}': the loss must be one value for each of ${rows} points, as its points observe them, got a scalar`,
    );
  return losses.rank === 1 ? (losses.clone() as Tensor1D) : mean(reshape(losses, [rows, -1]), 1);
};

/** `f32[b n, k]` as `f32[b, n, k]`. */
const byFields = (rows: Tensor2D, fields: number): Tensor3D => reshape(rows, [fields, -1, rows.shape[1]]);

/** The points as the loss gets them, with rows ordered field by field. */
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

/** Uploads a batch to kept tensors. */
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
