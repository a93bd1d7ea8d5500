/** @file `bench networks`: what each network of the literature learns of a picture with its paper's settings. */
import {
  type CommonOptions,
  chooseBackend,
  createProgress,
  finite,
  integer,
  listenForInterrupt,
  outputOf,
  withCommonOptions,
} from '@neural-fields/app-kit';
import { networkPresets } from '@neural-fields/networks';
import { type Command, Option } from 'commander';
import { measureNetwork, networkForSignal } from '../networks/measure-network.ts';
import { signalDefinitions, signalNamed } from '../quality/signals.ts';
import { namesAmong } from './options.ts';

/** The options as commander gives them. */
interface NetworksCommandOptions extends CommonOptions {
  readonly networks?: readonly string[];
  readonly picture: string;
  readonly size: number;
  readonly width?: number;
  readonly steps: number;
  readonly seed: number;
}

const decibels = (value: number): string => (Number.isNaN(value) ? 'diverged' : value.toFixed(1));

const action = async (options: NetworksCommandOptions): Promise<void> => {
  const output = outputOf(options);
  const { size, steps, seed, width: hiddenFeatures } = options;
  const signal = await signalNamed(options.picture).create(size);
  const { name: backend } = await chooseBackend(options, output);
  const interrupt = listenForInterrupt(() => output.log('stopping'));
  const signalSize = { inFeatures: signal.shape.length, outFeatures: signal.channels };
  const presets = networkPresets.filter(preset => {
    if (!(options.networks?.includes(preset.name) ?? true)) return false;
    try {
      networkForSignal(preset, signalSize, hiddenFeatures);
      return true;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      output.warn(`${preset.name} is left out: ${error.message}`);
      return false;
    }
  });
  const begun = performance.now();
  const progress = createProgress(output, { total: presets.length, unit: 'network' });
  try {
    output.result('| network | parameters | at the samples (dB) | between them (dB) |');
    output.result('|---|---|---|---|');
    for (const [index, preset] of presets.entries()) {
      const quality = await measureNetwork(preset, signal, {
        ...{ steps, seed, hiddenFeatures, signal: interrupt.signal },
        report: step => {
          const done = index + step / steps;
          const left = ((presets.length - done) * (performance.now() - begun)) / 1000 / done;
          progress.update(done, [preset.name], left);
        },
      });
      const { parameters, atSamples, betweenSamples } = quality;
      output.event('network', { name: preset.name, backend, steps, ...quality });
      output.result(`| \`${preset.name}\` | ${parameters} | ${decibels(atSamples)} | ${decibels(betweenSamples)} |`);
    }
    output.result(`| interpolation of the samples | | | ${decibels(signal.interpolation)} |`);
  } finally {
    progress.stop();
    interrupt.dispose();
  }
};

/** Adds the command. */
export const addNetworksCommand = (program: Command): void => {
  const pictures = signalDefinitions.slice(0, 3).map(({ name }) => name);
  const command = program
    .command('networks')
    .description("Fit each network of the literature to a picture with its paper's optimizer, and print a table.")
    .addOption(new Option('--picture <name>', 'what is fitted').choices(pictures).default('flower'))
    .option('--networks <names>', 'networks, separated by commas', namesAmong(networkPresets.map(({ name }) => name)))
    .option('--size <n>', 'samples of a side; quality between them is measured on twice as many', integer(8), 96)
    .option(
      '--width <n>',
      'features of hidden layers, where they are an option (default: those of the paper)',
      integer(1),
    )
    .option('--steps <n>', 'steps, on all samples', integer(1), 500)
    .option('--seed <number>', 'seed of the initial parameters', finite, 0);
  withCommonOptions(command).action(action);
};
