/** @file Checkpoints, as read by runs that resume from them. */
import '@tensorflow/tfjs-backend-cpu';
import type { FuzzTarget } from '@neural-fields/testing/fuzz';
import { backend, memory, setBackend, square } from '@tensorflow/tfjs-core';
import { decodeFieldData, encodeFieldData, type FieldFile, FieldFileError, SafetensorsError } from '../../src/files.ts';
import {
  adam,
  CheckpointError,
  createField,
  DivergenceError,
  decodeCheckpoint,
  type FitOptions,
  fit,
  lbfgs,
  type PointSource,
  siren,
  term,
} from '../../src/index.ts';

const spec = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 3, hiddenLayers: 0, omega0: 5 });
const points: PointSource = {
  inFeatures: 1,
  pointsPerStep: 2,
  fixed: true,
  draw: () => ({ coords: Float32Array.of(-0.5, 0.5) }),
};
const terms = [term({ points, loss: ({ value }) => square(value) })];

const STEPS = 3;
const runs: readonly FitOptions[] = [
  { steps: STEPS, optimizer: adam() },
  { steps: STEPS, optimizer: adam(), averageDecay: 0.5 },
  { steps: STEPS, optimizer: lbfgs({ maxIterations: 1 }) },
];

/** Runs from the checkpoint, if there is one, to the end; gives the last checkpoint. */
const go = async (options: FitOptions, start?: Uint8Array): Promise<Uint8Array> => {
  let kept = start;
  const store = {
    read: async () => kept,
    write: async (bytes: Uint8Array) => {
      kept = bytes;
    },
  };
  // As the run does first; most mutations end here.
  if (start) decodeCheckpoint(start);
  const field = createField(spec, { seed: 1 });
  try {
    for await (const _ of fit(field, terms, { ...options, checkpoint: { store, identity: { file: 'a' } } }));
  } finally {
    field.dispose();
  }
  return kept as Uint8Array;
};

const OPENING = 0x7b;
const CLOSING = 0x7d;

/** Corrects the length of the header, which ends at the brace that closes the last open one. */
const repairLength = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
  let [depth, end] = [0, 0];
  for (let i = 8; i < bytes.length && end === 0; i++) {
    if (bytes[i] === OPENING) depth += 1;
    else if (bytes[i] === CLOSING) depth -= 1;
    if (depth === 0) end = i + 1;
  }
  const repaired = bytes.slice();
  if (end > 9) new DataView(repaired.buffer).setBigUint64(0, BigInt(end - 8), true);
  return repaired;
};

// A reader cannot detect damage that leaves values finite.
const isTyped = (error: unknown): boolean =>
  error instanceof CheckpointError ||
  error instanceof FieldFileError ||
  error instanceof SafetensorsError ||
  error instanceof DivergenceError;

const prepare = async (): Promise<void> => {
  await setBackend('cpu');
  // The cpu backend advertises tfjs-node with the first tensor.
  Reflect.set(backend(), 'firstUse', false);
};

/**
 * Resumes each of the runs from a possible checkpoint. Throws when none can resume, or when one fails with an error
 * other than the reader's.
 *
 * @param checkpoints one for each of the runs
 */
const goOn = async (checkpoints: readonly Uint8Array[]): Promise<void> => {
  await prepare();
  const before = memory().numTensors;
  const failures: unknown[] = [];
  for (const [index, options] of runs.entries())
    await go(options, checkpoints[index]).catch((error: unknown) => failures.push(error));
  if (memory().numTensors !== before) throw new Error(`left ${memory().numTensors - before} tensors behind`);
  const untyped = failures.find(error => !isTyped(error));
  if (untyped !== undefined) throw untyped;
  if (failures.length === runs.length) throw failures[0];
};

let known: Promise<readonly Uint8Array[]> | undefined;
/** The checkpoints of the runs. */
const wholes = async (): Promise<readonly Uint8Array[]> => {
  await prepare();
  known ??= Promise.all(runs.map(options => go(options)));
  return known;
};

let knownFiles: readonly FieldFile[] | undefined;
/** Their contents. */
const files = async (): Promise<readonly FieldFile[]> => {
  knownFiles ??= (await wholes()).map(bytes => decodeFieldData(bytes));
  return knownFiles;
};

const tokens = [
  'step',
  'history',
  'identity',
  'environment',
  'optimizer',
  'state.optimizer.0',
  'state.parameters',
  'fit',
  '[3]',
  '[]',
];

/** The whole file. Most mutations end in its header. */
const file: FuzzTarget = {
  name: 'checkpoint',
  seeds: wholes,
  read: bytes => goOn(runs.map(() => bytes)),
  isTyped,
  repair: repairLength,
  tokens,
};

/** The file's description of its run, in otherwise intact files. */
const run: FuzzTarget = {
  name: 'checkpoint-run',
  seeds: async () => (await files()).map(({ metadata }) => new TextEncoder().encode(metadata['fit'])),
  read: async bytes => {
    const fit = new TextDecoder().decode(bytes);
    await goOn(
      (await files()).map(({ metadata, state, ...data }) =>
        encodeFieldData(data, { state, metadata: { ...metadata, fit } }),
      ),
    );
  },
  isTyped,
  tokens,
};

/** Names and shapes of the state arrays, one per line, in an otherwise intact file: `optimizer.0 10`. */
const state: FuzzTarget = {
  name: 'checkpoint-state',
  seeds: () =>
    ['optimizer.0 10\noptimizer.1 10', 'parameters 10\noptimizer.0 10\noptimizer.1 10'].map(text =>
      new TextEncoder().encode(text),
    ),
  read: async bytes => {
    const arrays = new Map(
      new TextDecoder()
        .decode(bytes)
        .split('\n')
        .slice(0, 50)
        .map(line => {
          const shape = line
            .split(' ')
            .slice(1)
            .map(Number)
            .map(length => (length >= 0 && length < 100 ? Math.floor(length) : 3))
            .slice(0, 2);
          const size = shape.reduce((product, length) => product * length, 1);
          return [line.split(' ')[0] as string, { shape, data: new Float32Array(size) }];
        }),
    );
    await goOn((await files()).map(({ metadata, ...data }) => encodeFieldData(data, { metadata, state: arrays })));
  },
  isTyped,
  tokens: ['optimizer.0', 'optimizer.1', 'optimizer.2', 'parameters', '10', '1'],
};

/** Whole checkpoints, and their parts, which mutations of a whole file rarely reach. */
export const checkpointTargets: readonly FuzzTarget[] = [file, run, state];
