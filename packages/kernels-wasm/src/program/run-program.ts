/**
 * @file Runs encoded programs batch by batch: copies inputs into the kernels' memory, runs a job, copies results out.
 */
import type { LossScale } from '@neural-fields/core/kernels';
import { constants, records } from '../generated/records.ts';
import type { Machine } from '../machine.ts';
import type { JobKind } from '../wasm/exports.ts';
import type { KeptTiles } from '../wasm/kept-forward.ts';
import { allocate } from '../wasm/memory.ts';
import { standingMemory } from '../wasm/standing-memory.ts';
import { recordBytes } from '../wasm/write-record.ts';
import { type BatchShape, batchShapeOf, batchSize, evenTile, threadsFor } from './batches.ts';
import { type Batch, copyBlocks, forEachBatch } from './copies.ts';
import type { EncodedProgram } from './encode-program.ts';
import { wordOf } from './image.ts';
import type { Purpose } from './scratch-layout.ts';

const FLOAT = 4;

/** The job of each purpose: with the jet, or with the gradient computed by adjoints. */
export const JOBS: Readonly<Record<Purpose, readonly [jet: JobKind, adjoint: JobKind]>> = {
  forward: [constants.JOB_PROGRAM_FORWARD, constants.JOB_SCALAR_GRADIENT_FORWARD],
  backward: [constants.JOB_PROGRAM_BACKWARD, constants.JOB_SCALAR_GRADIENT_BACKWARD],
  loss: [constants.JOB_PROGRAM_LOSS, constants.JOB_SCALAR_GRADIENT_LOSS],
};

const POINTS = wordOf('Program', 'points');
const BLOCK_POINTS = wordOf('Program', 'blockPoints');
const TILE_POINTS = wordOf('Program', 'tilePoints');
const SCRATCH = wordOf('Program', 'scratch');
const GRADIENTS = wordOf('Program', 'gradients');
const OUTPUTS = wordOf('Program', 'outputs');
const UPSTREAM = wordOf('Program', 'upstream');
const KEPT_TILE_COUNT = wordOf('Program', 'keptTileCount');
const KEPT_TILES = wordOf('Program', 'keptTiles');
const TABLE_PARTS = wordOf('Program', 'tableParts');
const TAPES = wordOf('Program', 'tapes');
const TABLE_SUMS = wordOf('Program', 'tableSums');
const MARKS = wordOf('Program', 'marks');
const ROW_RANGES = wordOf('Program', 'rowRanges');
const INPUT_SOURCE = wordOf('Input', 'source');
const INPUT_GRADIENT = wordOf('Input', 'sourceGradient');
const INPUT_WORDS = records.Input.bytes / 4;
const LOSS_SCALE = wordOf('Loss', 'gradientScale');
const LOSS_SUMS = wordOf('Loss', 'sums');

/** From this number of parameters on, their copy stays in the kernels' memory for the next job. */
const MIN_STANDING_PARAMETERS = 2 ** 16;

/** What a call has outside of its own memory. Must not be made within a scope of the arena. */
interface Standing {
  /** The address of the parameters; absent where they are copied for the call alone. */
  readonly parameters?: number;
  /** The address of the sums of tables, and of the marks behind them. */
  readonly tableSums?: number;
}

/** @param isBackward whether the call computes gradients */
const takeStanding = (
  { arena }: Machine,
  { tables }: EncodedProgram,
  parameters: Float32Array,
  { isBackward }: { readonly isBackward: boolean },
): Standing => {
  const standing = standingMemory(arena);
  return {
    ...(parameters.length >= MIN_STANDING_PARAMETERS && { parameters: standing.parameters.place(parameters) }),
    ...(isBackward && tables && { tableSums: standing.sums.take(tables.bytes + tables.markBytes) }),
  };
};

/** A program in the kernels' memory, for the duration of a call. */
class ProgramRun {
  readonly #machine: Machine;
  readonly #encoded: EncodedProgram;
  readonly #base: number;
  readonly #scratch: number;
  readonly #shape: BatchShape;
  readonly #standing: Standing;
  #tapes = 0;
  #rowRanges = 0;
  /** How many threads have accumulated gradients. */
  #threads = 1;
  #gradients = 0;
  /** Bytes of the tiles kept by the batches so far. */
  #usedKeptBytes = 0;

  constructor(
    machine: Machine,
    encoded: EncodedProgram,
    { shape, parameters, standing }: { shape: BatchShape; parameters: Float32Array; standing: Standing },
  ) {
    const { arena, functions, pool } = machine;
    const { memory, packings, scratchBytes } = encoded;
    this.#machine = machine;
    this.#encoded = encoded;
    this.#shape = shape;
    this.#standing = standing;
    const isStanding = standing.parameters !== undefined;
    this.#base = arena.take(isStanding ? memory.parameters : memory.bytes);
    const words = memory.at(this.#base, standing.parameters);
    arena.integers(this.#base, words.length).set(words);
    if (!isStanding) arena.floats(this.#base + memory.parameters, parameters.length).set(parameters);
    functions.packParameters(this.#base + packings.offset, packings.count, 0);
    this.#scratch = arena.take(scratchBytes * pool.count);
  }

  /** Allocates and clears the gradients of all threads, for batches of `size` points. */
  takeGradients(size: number): void {
    const { arena, functions, pool } = this.#machine;
    const { gradientBytes, tables, tilePoints } = this.#encoded;
    if (tables) {
      this.#tapes = arena.take(FLOAT * tables.tapeFloats * (size + tilePoints));
      this.#rowRanges = arena.take(recordBytes('RowRange') * pool.count);
    }
    this.#gradients = arena.take(gradientBytes * pool.count);
    functions.clear(this.#gradients, gradientBytes * pool.count);
  }

  /** Writes the addresses of a batch's data to the job's record. */
  bindBatch(outputs: number, upstream: number, inputs: readonly number[], inputGradients: readonly number[]): void {
    const { arena } = this.#machine;
    const { job, inputs: inputRecords } = this.#encoded;
    const words = arena.integers(this.#base + job, records.Program.bytes / 4);
    words[SCRATCH] = this.#scratch;
    words[GRADIENTS] = this.#gradients;
    words[OUTPUTS] = outputs;
    words[UPSTREAM] = upstream;
    const { tables } = this.#encoded;
    const { tableSums } = this.#standing;
    if (tables && tableSums !== undefined) {
      words[TAPES] = this.#tapes;
      words[TABLE_SUMS] = tableSums;
      words[MARKS] = tableSums + tables.bytes;
      words[ROW_RANGES] = this.#rowRanges;
    }
    const all = arena.integers(this.#base + inputRecords, INPUT_WORDS * inputs.length);
    for (let index = 0; index < inputs.length; index++) {
      all[INPUT_WORDS * index + INPUT_SOURCE] = inputs[index] as number;
      all[INPUT_WORDS * index + INPUT_GRADIENT] = inputGradients[index] ?? 0;
    }
  }

  /** Writes to the loss's record what changes from step to step: scale, sums, and the addresses of its targets. */
  bindLoss(scale: number, sums: number, targets: readonly number[]): void {
    const { arena } = this.#machine;
    const address = this.#base + this.#encoded.loss;
    arena.integers(address, records.Loss.bytes / 4)[LOSS_SUMS] = sums;
    arena.floats(address, LOSS_SCALE + 1)[LOSS_SCALE] = scale;
    for (const [index, { source }] of this.#encoded.targets.entries())
      arena.integers(this.#base + source, 1)[0] = targets[index] as number;
  }

  /** Runs a job for a batch of `count` points. Its tiles are kept as long as there is memory for them. */
  run(count: number, purpose: Purpose, kept?: KeptTiles): void {
    const { arena, pool } = this.#machine;
    const { job, usesAdjoint, tilePoints, scratchBytes } = this.#encoded;
    const words = arena.integers(this.#base + job, records.Program.bytes / 4);
    const tile = evenTile(count, tilePoints, this.#machine);
    words[POINTS] = count;
    words[BLOCK_POINTS] = count;
    words[TILE_POINTS] = tile;
    if (kept) {
      const tiles = Math.min(Math.ceil(count / tile), Math.floor((kept.bytes - this.#usedKeptBytes) / scratchBytes));
      words[KEPT_TILES] = kept.address + this.#usedKeptBytes;
      words[KEPT_TILE_COUNT] = tiles;
      this.#usedKeptBytes += tiles * scratchBytes;
    }
    const threads = threadsFor(this.#machine, this.#shape, count);
    this.#threads = Math.max(this.#threads, threads);
    pool.run(JOBS[purpose][usesAdjoint ? 1 : 0], this.#base + job, threads);
    const { tables } = this.#encoded;
    if (tables === undefined || purpose === 'forward') return;
    words[TABLE_PARTS] = tables.parts(threads);
    pool.run(constants.JOB_TABLE_GRADIENTS, this.#base + job, threads);
  }

  /**
   * Adds the gradients of all threads to a vector of all parameters `f32[P]`.
   *
   * @param options `isNew`: whether it is 0 so far
   */
  collect(result: Float32Array, { isNew }: { readonly isNew: boolean }): void {
    const { arena, functions } = this.#machine;
    const { collections, collected, gradientBytes, tables } = this.#encoded;
    functions.addThreads(this.#gradients, gradientBytes, this.#threads);
    arena.scope(() => {
      const floats = collected.reduce((sum, { count }) => sum + count, 0);
      const flat = arena.take(FLOAT * floats);
      functions.clear(flat, FLOAT * floats);
      functions.collectGradients(this.#base + collections.offset, collections.count, this.#gradients, flat);
      const values = arena.floats(flat, floats);
      for (const { offset, count, collected: from } of collected)
        for (let i = 0; i < count; i++)
          result[offset + i] = (result[offset + i] as number) + (values[from + i] as number);
    });
    const { tableSums } = this.#standing;
    if (tables && tableSums !== undefined) {
      tables.collect(arena, { sums: tableSums, marks: tableSums + tables.bytes }, result, { isNew });
      standingMemory(arena).sums.release();
    }
  }
}

/** Groups arrays by input: one for coordinates, up to three for a jet. */
const groupInputs = (
  { program: { inputs, shape } }: EncodedProgram,
  arrays: readonly Float32Array[],
): Float32Array[][] => {
  let next = 0;
  return inputs.map(({ kind }) => {
    const first = next;
    next += kind === 'coords' ? 1 : 1 + shape.order;
    return arrays.slice(first, next);
  });
};

/** Runs a program on any number of points. */
export class Runner {
  readonly #machine: Machine;
  readonly #encoded: EncodedProgram;
  readonly #shape: BatchShape;
  /** Features of each input. */
  readonly #features: readonly number[];

  constructor(machine: Machine, encoded: EncodedProgram) {
    this.#machine = machine;
    this.#encoded = encoded;
    this.#shape = batchShapeOf(encoded.program, encoded.tables?.tapeFloats);
    this.#features = encoded.program.inputs.map(({ features }) => features);
  }

  #copyInputs(
    groups: readonly Float32Array[][],
    addresses: readonly number[],
    batch: Batch,
    direction: 'in' | 'out',
  ): void {
    const { arena } = this.#machine;
    for (const [index, arrays] of groups.entries()) {
      const view = arena.floats(addresses[index] as number, batch.count * (this.#shape.inputFloats[index] as number));
      copyBlocks(arrays, view, batch, this.#features[index] as number, direction);
    }
  }

  #takeInputs(size: number): number[] {
    return this.#shape.inputFloats.map(floats => this.#machine.arena.take(FLOAT * floats * size));
  }

  /**
   * @param kept memory for what the backward pass needs; only with a program encoded for `backward`
   * @returns value `[n][o]`, then first `[d][n][o]` and second `[m][n][o]` up to the jet's order
   */
  forward(inputs: readonly Float32Array[], parameters: Float32Array, total: number, kept?: KeptTiles): Float32Array[] {
    const { arena } = this.#machine;
    const { shape, outFeatures } = this.#encoded.program;
    const block = total * outFeatures;
    const results = [allocate(block)];
    if (shape.order >= 1) results.push(allocate(shape.inFeatures * block));
    if (shape.forms) results.push(allocate(shape.forms.weights.length * block));
    const standing = takeStanding(this.#machine, this.#encoded, parameters, { isBackward: false });
    arena.scope(() => {
      const run = new ProgramRun(this.#machine, this.#encoded, { shape: this.#shape, parameters, standing });
      const size = batchSize(this.#shape, total);
      const addresses = this.#takeInputs(size);
      const outputs = arena.take(FLOAT * this.#shape.outputFloats * size);
      run.bindBatch(outputs, 0, addresses, []);
      const groups = groupInputs(this.#encoded, inputs);
      forEachBatch(total, size, batch => {
        this.#copyInputs(groups, addresses, batch, 'in');
        run.run(batch.count, 'forward', kept);
        copyBlocks(results, arena.floats(outputs, this.#shape.outputFloats * batch.count), batch, outFeatures, 'out');
      });
    });
    return results;
  }

  /**
   * Recomputes the forward pass, tile by tile, for all tiles that were not kept.
   *
   * @returns the derivatives with respect to the inputs, then those with respect to the parameters
   */
  backward(
    {
      inputs,
      parameters,
      upstream,
      total,
    }: {
      readonly inputs: readonly Float32Array[];
      readonly parameters: Float32Array;
      readonly upstream: readonly Float32Array[];
      readonly total: number;
    },
    kept?: KeptTiles,
  ): Float32Array[] {
    const { arena } = this.#machine;
    const { outFeatures } = this.#encoded.program;
    const results = inputs.map(({ length }) => allocate(length));
    const standing = takeStanding(this.#machine, this.#encoded, parameters, { isBackward: true });
    return arena.scope(() => {
      const run = new ProgramRun(this.#machine, this.#encoded, { shape: this.#shape, parameters, standing });
      const size = batchSize(this.#shape, total);
      run.takeGradients(size);
      const addresses = this.#takeInputs(size);
      const gradientAddresses = this.#takeInputs(size);
      const upstreamAddress = arena.take(FLOAT * this.#shape.outputFloats * size);
      run.bindBatch(0, upstreamAddress, addresses, gradientAddresses);
      const groups = groupInputs(this.#encoded, inputs);
      const resultGroups = groupInputs(this.#encoded, results);
      forEachBatch(total, size, batch => {
        this.#copyInputs(groups, addresses, batch, 'in');
        copyBlocks(
          upstream,
          arena.floats(upstreamAddress, this.#shape.outputFloats * batch.count),
          batch,
          outFeatures,
          'in',
        );
        run.run(batch.count, 'backward', kept);
        this.#copyInputs(resultGroups, gradientAddresses, batch, 'out');
      });
      const gradient = allocate(parameters.length);
      run.collect(gradient, { isNew: true });
      return [...results, gradient];
    });
  }

  /**
   * @param options `gradient`: to add to; zeros if absent
   * @returns the loss and its derivatives with respect to the parameters, in `gradient` if that is given
   */
  loss({
    inputs,
    parameters,
    targets,
    scale,
    total,
    gradient: known,
  }: {
    readonly inputs: readonly Float32Array[];
    readonly parameters: Float32Array;
    readonly targets: readonly Float32Array[];
    readonly scale: LossScale;
    readonly total: number;
    readonly gradient?: Float32Array;
  }): { readonly loss: number; readonly gradient: Float32Array } {
    const { arena, pool } = this.#machine;
    const { targets: used, usesAdjoint } = this.#encoded;
    const standing = takeStanding(this.#machine, this.#encoded, parameters, { isBackward: true });
    return arena.scope(() => {
      const run = new ProgramRun(this.#machine, this.#encoded, { shape: this.#shape, parameters, standing });
      const size = batchSize(this.#shape, total);
      run.takeGradients(size);
      const addresses = this.#takeInputs(size);
      const upstream = usesAdjoint ? arena.take(FLOAT * this.#shape.outputFloats * size) : 0;
      const targetAddresses = used.map(({ width }) => arena.take(FLOAT * width * size));
      const sums = arena.take(constants.SUM_BYTES * pool.count);
      this.#machine.functions.clear(sums, constants.SUM_BYTES * pool.count);
      run.bindBatch(0, upstream, addresses, []);
      run.bindLoss(scale.gradient, sums, targetAddresses);
      const groups = groupInputs(this.#encoded, inputs);
      forEachBatch(total, size, batch => {
        this.#copyInputs(groups, addresses, batch, 'in');
        for (const [at, { index, width }] of used.entries()) {
          const view = arena.floats(targetAddresses[at] as number, batch.count * width);
          copyBlocks([targets[index] as Float32Array], view, batch, width, 'in');
        }
        run.run(batch.count, 'loss');
      });
      const gradient = known ?? allocate(parameters.length);
      run.collect(gradient, { isNew: known === undefined });
      const all = new Float64Array(arena.memory.buffer, sums, (constants.SUM_BYTES / 8) * pool.count);
      let sum = 0;
      for (let thread = 0; thread < pool.count; thread++) sum += all[(constants.SUM_BYTES / 8) * thread] as number;
      return { loss: sum * scale.loss, gradient };
    });
  }
}
