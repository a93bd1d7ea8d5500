/** @file Steps of placed programs: numbers go in, a job runs for each batch, and numbers come out. */
import type { LossScale } from '@neural-fields/core/kernels';
import { constants, records } from '../generated/records.ts';
import type { Machine } from '../machine.ts';
import type { JobKind } from '../wasm/exports.ts';
import type { KeptTiles } from '../wasm/kept-forward.ts';
import { allocate } from '../wasm/memory.ts';
import { type BatchShape, batchShapeOf, batchSize, evenTile, threadsFor } from './batches.ts';
import { type Batch, copyBlocks, forEachBatch } from './copies.ts';
import { wordOf } from './image.ts';
import type { PlacedProgram } from './place-program.ts';
import type { Purpose } from './places.ts';

const FLOAT = 4;

/** The job of a purpose: with the jet, and with the gradient by adjoints. */
export const JOBS: Readonly<Record<Purpose, readonly [jet: JobKind, adjoint: JobKind]>> = {
  forward: [constants.JOB_PROGRAM_FORWARD, constants.JOB_SCALAR_GRADIENT_FORWARD],
  reverse: [constants.JOB_PROGRAM_REVERSE, constants.JOB_SCALAR_GRADIENT_REVERSE],
  loss: [constants.JOB_PROGRAM_LOSS, constants.JOB_SCALAR_GRADIENT_LOSS],
};

const POINTS = wordOf('Program', 'points');
const BLOCK_POINTS = wordOf('Program', 'blockPoints');
const TILE_POINTS = wordOf('Program', 'tilePoints');
const SCRATCH = wordOf('Program', 'scratch');
const GRADIENTS = wordOf('Program', 'gradients');
const OUTPUTS = wordOf('Program', 'outputs');
const UPSTREAM = wordOf('Program', 'upstream');
const KEPT_TILES = wordOf('Program', 'keptTiles');
const KEPT = wordOf('Program', 'kept');
const INPUT_SOURCE = wordOf('Input', 'source');
const INPUT_GRADIENT = wordOf('Input', 'sourceGradient');
const INPUT_WORDS = records.Input.bytes / 4;
const LOSS_SCALE = wordOf('Loss', 'gradientScale');
const LOSS_SUMS = wordOf('Loss', 'sums');

/** A program in the kernels' memory. */
class Running {
  readonly #machine: Machine;
  readonly #placed: PlacedProgram;
  readonly #base: number;
  readonly #scratch: number;
  readonly #shape: BatchShape;
  /** How many threads have gradients. */
  #threads = 1;
  #gradients = 0;
  /** Bytes of the tiles that are kept of the batches so far. */
  #keptBytes = 0;

  constructor(machine: Machine, placed: PlacedProgram, shape: BatchShape, parameters: Float32Array) {
    const { arena, functions, pool } = machine;
    const { memory, packings, scratchBytes } = placed;
    this.#machine = machine;
    this.#placed = placed;
    this.#shape = shape;
    this.#base = arena.take(memory.bytes);
    const words = memory.at(this.#base);
    arena.integers(this.#base, words.length).set(words);
    arena.floats(this.#base + memory.parameters, parameters.length).set(parameters);
    functions.packParameters(this.#base + packings.offset, packings.count, 0);
    this.#scratch = arena.take(scratchBytes * pool.count);
  }

  /** Makes room for gradients. */
  takeGradients(): void {
    const { arena, functions, pool } = this.#machine;
    const { gradientBytes } = this.#placed;
    this.#gradients = arena.take(gradientBytes * pool.count);
    functions.clear(this.#gradients, gradientBytes * pool.count);
  }

  /** Tells the job's record where the data of a batch are. */
  place(outputs: number, upstream: number, inputs: readonly number[], inputGradients: readonly number[]): void {
    const { arena } = this.#machine;
    const { job, inputs: inputRecords } = this.#placed;
    const words = arena.integers(this.#base + job, records.Program.bytes / 4);
    words[SCRATCH] = this.#scratch;
    words[GRADIENTS] = this.#gradients;
    words[OUTPUTS] = outputs;
    words[UPSTREAM] = upstream;
    const all = arena.integers(this.#base + inputRecords, INPUT_WORDS * inputs.length);
    for (let index = 0; index < inputs.length; index++) {
      all[INPUT_WORDS * index + INPUT_SOURCE] = inputs[index] as number;
      all[INPUT_WORDS * index + INPUT_GRADIENT] = inputGradients[index] ?? 0;
    }
  }

  /** Tells the loss's record what changes from step to step: the addresses of the targets that it reads, too. */
  placeLoss(scale: number, sums: number, targets: readonly number[]): void {
    const { arena } = this.#machine;
    const address = this.#base + this.#placed.loss;
    arena.integers(address, records.Loss.bytes / 4)[LOSS_SUMS] = sums;
    arena.floats(address, LOSS_SCALE + 1)[LOSS_SCALE] = scale;
    for (const [index, { source }] of this.#placed.targets.entries())
      arena.integers(this.#base + source, 1)[0] = targets[index] as number;
  }

  /** Runs a job for a batch of so many points, whose tiles are kept as far as there is room. */
  run(count: number, purpose: Purpose, kept?: KeptTiles): void {
    const { arena, pool } = this.#machine;
    const { job, usesAdjoint, tilePoints, scratchBytes } = this.#placed;
    const words = arena.integers(this.#base + job, records.Program.bytes / 4);
    const tile = evenTile(count, tilePoints);
    words[POINTS] = count;
    words[BLOCK_POINTS] = count;
    words[TILE_POINTS] = tile;
    if (kept) {
      const tiles = Math.min(Math.ceil(count / tile), Math.floor((kept.bytes - this.#keptBytes) / scratchBytes));
      words[KEPT] = kept.address + this.#keptBytes;
      words[KEPT_TILES] = tiles;
      this.#keptBytes += tiles * scratchBytes;
    }
    const threads = threadsFor(this.#machine, this.#shape, count);
    this.#threads = Math.max(this.#threads, threads);
    pool.run(JOBS[purpose][usesAdjoint ? 1 : 0], this.#base + job, threads);
  }

  /** Adds up the gradients of all threads. @returns `f32[P]` */
  collect(parameterCount: number): Float32Array {
    const { arena, functions } = this.#machine;
    const { collectings, gradientBytes } = this.#placed;
    functions.addThreads(this.#gradients, gradientBytes, this.#threads);
    const result = allocate(parameterCount);
    arena.scope(() => {
      const flat = arena.take(FLOAT * parameterCount);
      functions.clear(flat, FLOAT * parameterCount);
      functions.collectGradients(this.#base + collectings.offset, collectings.count, this.#gradients, flat);
      result.set(arena.floats(flat, parameterCount));
    });
    return result;
  }
}

/** The arrays of each input, which are one or those of a jet. */
const groupInputs = (
  { program: { inputs, shape } }: PlacedProgram,
  arrays: readonly Float32Array[],
): Float32Array[][] => {
  let next = 0;
  return inputs.map(({ kind }) => {
    const first = next;
    next += kind === 'coords' ? 1 : 1 + shape.order;
    return arrays.slice(first, next);
  });
};

/** Everything that the steps of a program need of it. */
export class Runner {
  readonly #machine: Machine;
  readonly #placed: PlacedProgram;
  readonly #shape: BatchShape;
  /** Features of each input. */
  readonly #features: readonly number[];

  constructor(machine: Machine, placed: PlacedProgram) {
    this.#machine = machine;
    this.#placed = placed;
    this.#shape = batchShapeOf(placed.program);
    this.#features = placed.program.inputs.map(({ features }) => features);
  }

  #copyInputs(
    groups: readonly Float32Array[][],
    addresses: readonly number[],
    batch: Batch,
    direction: 'in' | 'out',
  ): void {
    const { arena } = this.#machine;
    for (const [index, arrays] of groups.entries()) {
      const view = arena.floats(addresses[index] as number, batch.count * (this.#shape.inputNumbers[index] as number));
      copyBlocks(arrays, view, batch, this.#features[index] as number, direction);
    }
  }

  #takeInputs(size: number): number[] {
    return this.#shape.inputNumbers.map(numbers => this.#machine.arena.take(FLOAT * numbers * size));
  }

  /**
   * @param kept room for what the reverse pass needs, where this runs a program that was placed for it
   * @returns value `[n][o]`, then first `[d][n][o]` and second `[m][n][o]` as far as the order goes
   */
  forward(inputs: readonly Float32Array[], parameters: Float32Array, total: number, kept?: KeptTiles): Float32Array[] {
    const { arena } = this.#machine;
    const { shape, outFeatures } = this.#placed.program;
    const block = total * outFeatures;
    const results = [allocate(block)];
    if (shape.order >= 1) results.push(allocate(shape.inFeatures * block));
    if (shape.forms) results.push(allocate(shape.forms.weights.length * block));
    arena.scope(() => {
      const running = new Running(this.#machine, this.#placed, this.#shape, parameters);
      const size = batchSize(this.#shape, total);
      const addresses = this.#takeInputs(size);
      const outputs = arena.take(FLOAT * this.#shape.outputNumbers * size);
      running.place(outputs, 0, addresses, []);
      const groups = groupInputs(this.#placed, inputs);
      forEachBatch(total, size, batch => {
        this.#copyInputs(groups, addresses, batch, 'in');
        running.run(batch.count, 'forward', kept);
        copyBlocks(results, arena.floats(outputs, this.#shape.outputNumbers * batch.count), batch, outFeatures, 'out');
      });
    });
    return results;
  }

  /**
   * The forward pass is worked out again, tile by tile, for all that was not kept.
   *
   * @returns the derivatives with respect to the inputs, then those with respect to the parameters
   */
  reverse(
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
    const { outFeatures } = this.#placed.program;
    const results = inputs.map(({ length }) => allocate(length));
    return arena.scope(() => {
      const running = new Running(this.#machine, this.#placed, this.#shape, parameters);
      running.takeGradients();
      const size = batchSize(this.#shape, total);
      const addresses = this.#takeInputs(size);
      const gradientAddresses = this.#takeInputs(size);
      const upstreamAddress = arena.take(FLOAT * this.#shape.outputNumbers * size);
      running.place(0, upstreamAddress, addresses, gradientAddresses);
      const groups = groupInputs(this.#placed, inputs);
      const resultGroups = groupInputs(this.#placed, results);
      forEachBatch(total, size, batch => {
        this.#copyInputs(groups, addresses, batch, 'in');
        copyBlocks(
          upstream,
          arena.floats(upstreamAddress, this.#shape.outputNumbers * batch.count),
          batch,
          outFeatures,
          'in',
        );
        running.run(batch.count, 'reverse', kept);
        this.#copyInputs(resultGroups, gradientAddresses, batch, 'out');
      });
      return [...results, running.collect(parameters.length)];
    });
  }

  /** @returns the loss and its derivatives with respect to the parameters */
  loss({
    inputs,
    parameters,
    targets,
    scale,
    total,
  }: {
    readonly inputs: readonly Float32Array[];
    readonly parameters: Float32Array;
    readonly targets: readonly Float32Array[];
    readonly scale: LossScale;
    readonly total: number;
  }): { readonly loss: number; readonly gradient: Float32Array } {
    const { arena, pool } = this.#machine;
    const { targets: used, usesAdjoint } = this.#placed;
    return arena.scope(() => {
      const running = new Running(this.#machine, this.#placed, this.#shape, parameters);
      running.takeGradients();
      const size = batchSize(this.#shape, total);
      const addresses = this.#takeInputs(size);
      const upstream = usesAdjoint ? arena.take(FLOAT * this.#shape.outputNumbers * size) : 0;
      const targetAddresses = used.map(({ width }) => arena.take(FLOAT * width * size));
      const sums = arena.take(constants.SUM_BYTES * pool.count);
      this.#machine.functions.clear(sums, constants.SUM_BYTES * pool.count);
      running.place(0, upstream, addresses, []);
      running.placeLoss(scale.gradient, sums, targetAddresses);
      const groups = groupInputs(this.#placed, inputs);
      forEachBatch(total, size, batch => {
        this.#copyInputs(groups, addresses, batch, 'in');
        for (const [at, { index, width }] of used.entries()) {
          const view = arena.floats(targetAddresses[at] as number, batch.count * width);
          copyBlocks([targets[index] as Float32Array], view, batch, width, 'in');
        }
        running.run(batch.count, 'loss');
      });
      const gradient = running.collect(parameters.length);
      const all = new Float64Array(arena.memory.buffer, sums, (constants.SUM_BYTES / 8) * pool.count);
      let sum = 0;
      for (let thread = 0; thread < pool.count; thread++) sum += all[(constants.SUM_BYTES / 8) * thread] as number;
      return { loss: sum * scale.loss, gradient };
    });
  }
}
