/** @file `bench speed`: how long training steps take. */
import { join } from 'node:path';
import { UsageError } from '@neural-fields/app-kit';
import { type Command, Option } from 'commander';
import { type Supervision, supervisions } from '../protocol.ts';
import { peerDefinitions } from '../speed/peers.ts';
import { runSpeed } from '../speed/run-speed.ts';
import { integers, measure, namesAmong, type RunOptions, withRunOptions } from './options.ts';
import { reportLines } from './report-lines.ts';

/** What a profile measures. */
interface Profile {
  readonly widths: readonly number[];
  readonly points: readonly number[];
  readonly rounds: number;
  /** Seconds; peers with longer steps are not timed. */
  readonly stepLimit: number;
  readonly peers: readonly string[];
  /** Whether the profile is for graphics cards: an emulated one is then left out. */
  readonly needsCard: boolean;
}

const everywhere = {
  needsCard: false,
  peers: ['native', 'simd', 'pytorch', 'pytorch-whole', 'jax', 'tensorflow', 'webgpu', 'wasm', 'cpu', 'jax-js'],
};

const profiles: Readonly<Record<'quick' | 'full' | 'gpu', Profile>> = {
  quick: { ...everywhere, widths: [64, 256], points: [4096, 65_536], rounds: 3, stepLimit: 15 },
  gpu: {
    needsCard: true,
    peers: ['webgpu', 'pytorch-cuda', 'pytorch-cuda-tf32', 'pytorch-cuda-compiled', 'pytorch-cuda-compiled-tf32'],
    widths: [256, 512],
    points: [65_536, 1_048_576],
    rounds: 7,
    stepLimit: 10,
  },
  full: {
    ...everywhere,
    widths: [64, 128, 256, 512],
    points: [1024, 4096, 16_384, 65_536, 262_144, 1_048_576],
    rounds: 7,
    stepLimit: 20,
  },
};

/** The options as commander gives them. */
interface SpeedCommandOptions extends RunOptions {
  readonly profile: keyof typeof profiles;
  readonly widths?: readonly number[];
  readonly points?: readonly number[];
  readonly supervisions?: readonly Supervision[];
}

const action = (options: SpeedCommandOptions): Promise<void> => {
  const { widths, points, rounds, stepLimit, peers: chosen } = { ...profiles[options.profile], ...options };
  // Peers that the user names may run on an emulated card.
  const needsCard = profiles[options.profile].needsCard && options.peers === undefined;
  const peers = peerDefinitions.filter(({ name }) => chosen.includes(name));
  const wanted = supervisions.filter(supervision => (options.supervisions ?? supervisions).includes(supervision));
  if (new Set(points).size !== points.length || new Set(widths).size !== widths.length)
    throw new UsageError({ what: '--widths and --points', problem: 'a number is repeated' });
  const cases = widths.length * points.length * wanted.length;
  return measure(options, { peers, rounds, stepLimit, needsCard, cases }, async (settings, output) => {
    const found = await runSpeed({ ...settings, widths, points, supervisions: wanted });
    const { warnings, results } = reportLines(found);
    for (const warning of warnings) output.warn(warning);
    for (const line of results) output.result(line);
    output.result(`report ${join(options.output, 'report.md')}`);
    output.result(`page ${join(options.output, 'index.html')}`);
  });
};

/** Adds the command, which is also the default when no command is given. */
export const addSpeedCommand = (program: Command): void => {
  const command = program
    .command('speed', { isDefault: true })
    .description(
      'Measure whole training steps of a SIREN against PyTorch, JAX, tfjs and jax-js, on the processor or on a graphics card, and write a page about it.',
    )
    .addOption(
      new Option('--profile <name>', 'which sizes, rounds and limits').choices(Object.keys(profiles)).default('quick'),
    )
    .option('--widths <list>', 'widths of the hidden layers, with commas', integers(8, 8))
    .option('--points <list>', 'points of a step, with commas', integers(1, 1))
    .option('--supervisions <list>', `among ${supervisions.join(', ')}`, namesAmong(supervisions));
  withRunOptions(command, peerDefinitions, join('out', 'speed')).action(action);
};
