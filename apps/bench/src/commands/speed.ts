/** @file `bench speed`: how long training steps take. */
import { join } from 'node:path';
import { UsageError } from '@neural-fields/app-kit';
import { type Command, Option } from 'commander';
import { type Supervision, supervisions } from '../protocol.ts';
import {
  busyWarning,
  describeCase,
  describeDemands,
  deviceOf,
  emulationWarning,
  formatRatio,
  formatShare,
} from '../speed/describe.ts';
import { representative } from '../speed/page.ts';
import { peerDefinitions } from '../speed/peers.ts';
import type { Results } from '../speed/results.ts';
import { runSpeed } from '../speed/run-speed.ts';
import { measuredIn, shareOfDevice, shareOfSgemm } from '../speed/tables.ts';
import { integers, measure, namesAmong, type RunOptions, withRunOptions } from './options.ts';

/** What a profile measures. */
interface Profile {
  readonly widths: readonly number[];
  readonly points: readonly number[];
  readonly rounds: number;
  /** Seconds. */
  readonly stepLimit: number;
  readonly peers: readonly string[];
  /** Whether it is about graphics cards, so that an emulation of one will not do. */
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

/** Whether a peer runs on a graphics card: only peers in the same place are compared. */
const isOnDevice = (found: Results, peer: string): boolean => deviceOf(found, peer) !== undefined;

/** The result in a few lines. */
const summarise = (found: Results): string[] => {
  const about = representative(found);
  if (about === undefined) return ['nothing was measured'];
  return supervisions.flatMap(supervision =>
    ['native', 'simd', 'webgpu'].flatMap(name => {
      const each = { supervision, ...about };
      const own = measuredIn(found.results, name, each);
      if (own === undefined) return [];
      const ratios = Object.keys(found.peers).flatMap(peer => {
        const comparable = peer !== name && isOnDevice(found, peer) === isOnDevice(found, name);
        const other = comparable ? measuredIn(found.results, peer, each) : undefined;
        return other ? [`${formatRatio(other.seconds.median / own.seconds.median)} over ${peer}`] : [];
      });
      const [ofDevice, ofSgemm] = [shareOfDevice(found, name, own), shareOfSgemm(found, name, own)];
      const facts = [
        ...(ratios.length > 0 ? [`speed-up ${ratios.join(', ')}`] : []),
        ...(own.demands ? [describeDemands(own.demands)] : []),
        ...(ofDevice !== undefined ? [`${formatShare(ofDevice)} of the device's rate`] : []),
        ...(ofSgemm !== undefined ? [`${formatShare(ofSgemm)} of the best sgemm`] : []),
      ];
      return facts.length === 0 ? [] : [`${describeCase(each)}: ${name}: ${facts.join('; ')}`];
    }),
  );
};

const action = (options: SpeedCommandOptions): Promise<void> => {
  const { widths, points, rounds, stepLimit, peers: chosen } = { ...profiles[options.profile], ...options };
  // Who names the peers may want an emulation.
  const needsCard = profiles[options.profile].needsCard && options.peers === undefined;
  const peers = peerDefinitions.filter(({ name }) => chosen.includes(name));
  const wanted = supervisions.filter(supervision => (options.supervisions ?? supervisions).includes(supervision));
  if (new Set(points).size !== points.length || new Set(widths).size !== widths.length)
    throw new UsageError('--widths and --points must each have different numbers');
  const cases = widths.length * points.length * wanted.length;
  return measure(options, { peers, rounds, stepLimit, needsCard, cases }, async (settings, output) => {
    const found = await runSpeed({ ...settings, widths, points, supervisions: wanted });
    for (const warning of [emulationWarning(found), busyWarning(found)])
      if (warning !== undefined) output.warn(warning);
    for (const line of summarise(found)) output.result(line);
    output.result(`page ${join(options.output, 'index.html')}`);
  });
};

/** Adds the command, which is also what the program does when none is named. */
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
