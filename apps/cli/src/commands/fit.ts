/** @file `neural-fields fit`: fits fields to files. */
import {
  type CommonOptions,
  helpExamples,
  InterruptedError,
  notNegative,
  type Output,
  outputOf,
  ReportedError,
  reportError,
  UsageError,
  withCommonOptions,
} from '@neural-fields/app-kit';
import type { Command } from 'commander';
import { type FitFileOptions, fitFile } from '../fitting/fit-file.ts';
import { type FitPlan, planFits } from '../fitting/fit-plan.ts';
import { addCheckpointOptions } from '../options/checkpoint.ts';
import { addRecordingOptions } from '../recording/options.ts';
import { readSettingsFile } from '../settings/config-file.ts';
import { type GivenSettings, mergeSettings, pickSettings, type Settings } from '../settings/fit-settings.ts';
import { addSettings } from '../settings/option-list.ts';

/** The options as commander gives them. */
interface FitCommandOptions extends CommonOptions, FitFileOptions, GivenSettings {
  readonly output?: string;
  /** A settings file. */
  readonly config?: string;
}

/** Options that name a file of a single fit, each with a hint on what to do when several files are fitted. */
const OF_ONE_FIT = {
  checkpoint: 'without it, each fit has a checkpoint of its own',
  preview: 'without it, each shape has a preview of its own',
  page: 'without a name, --page writes a page for each fit',
  log: 'a log needs a fit of one file',
} as const;

/** @throws UsageError when such an option is given for several fits */
const assertSuitsBatch = (options: FitCommandOptions): void => {
  for (const [name, hint] of Object.entries(OF_ONE_FIT))
    if (typeof options[name as keyof typeof OF_ONE_FIT] === 'string')
      throw new UsageError({ what: `--${name}`, problem: 'it names one output, and several files are fitted', hint });
};

/** Fits the files one after another; if one fails, the others are still fitted. */
const fitAll = async ({ fits }: FitPlan, settings: Settings, options: FitCommandOptions, printer: Output) => {
  const failed: string[] = [];
  for (const [i, fit] of fits.entries()) {
    printer.log(`file ${i + 1} of ${fits.length}: ${fit.input}`);
    try {
      await fitFile(fit, settings, options, printer);
    } catch (error) {
      if (error instanceof InterruptedError) throw error;
      reportError(error, {
        name: 'neural-fields',
        json: printer.json,
        verbose: options.verbose ?? false,
        file: fit.input,
      });
      failed.push(fit.input);
    }
  }
  const fitted = fits.length - failed.length;
  printer.event('finished', { fitted, failed });
  const rest = failed.length === 0 ? '' : `; failed: ${failed.join(', ')}`;
  printer.result(`${fitted} of ${fits.length} files fitted${rest}`);
  if (failed.length > 0) throw new ReportedError(`${failed.length} of ${fits.length} fits failed`);
};

const action = async (files: readonly string[], options: FitCommandOptions): Promise<void> => {
  const printer = outputOf(options);
  const found = options.config === undefined ? {} : await readSettingsFile(options.config);
  const settings = mergeSettings(found, pickSettings(options));
  const plan = await planFits(files, options);
  if (!plan.isBatch) {
    for (const fit of plan.fits) await fitFile(fit, settings, options, printer);
    return;
  }
  assertSuitsBatch(options);
  await fitAll(plan, settings, options, printer);
};

/** Adds the command. */
export const addFitCommand = (program: Command): void => {
  const command = program
    .command('fit')
    .description(
      'Fit a field to an image (PNG, JPEG, WebP, AVIF), a sound (WAV) or a shape (PLY, OBJ, STL, XYZ). The content determines the kind.',
    )
    .argument('<files...>', 'images, sounds, shapes or folders of them; - reads stdin')
    .option(
      '-o, --output <path>',
      'the field file to write (default: photo.safetensors for photo.jpg); for several files, the folder of their fields',
    );
  addSettings(command, ['preset']);
  command.option(
    '-c, --config <file>',
    'settings from a file that --json wrote; options on the command line override them',
  );
  addSettings(command.optionsGroup('Network:'), [
    'network',
    'bounds',
    'hiddenFeatures',
    'hiddenLayers',
    'activation',
    'omega0',
    'omegaHidden',
    'weightScale',
    'encoding',
    'encodingOctaves',
    'encodingFeatures',
    'encodingScale',
    'encodingSigma',
  ]);
  addSettings(command.optionsGroup('Fit:'), [
    'steps',
    'time',
    'until',
    'optimizer',
    'learningRate',
    'schedule',
    'batch',
    'sampling',
    'clipNorm',
    'averageDecay',
    'keep',
    'seed',
    'chunkSize',
  ]);
  addSettings(command.optionsGroup('Signal:'), ['grid', 'maxBytes']);
  addSettings(command.optionsGroup('Image:'), ['size', 'channels', 'aspect', 'allowDamaged', 'maxPixels']);
  addSettings(command.optionsGroup('Sound:'), ['duration', 'start']);
  addSettings(command.optionsGroup('Shape:'), ['near', 'weights', 'distanceWeight', 'margin', 'normals'])
    .option('--preview <file>', 'image of the surface during the fit (default: <output>.png)')
    .option('--preview-every <seconds>', 'seconds between previews; 0 for none', notNegative, 20)
    .optionsGroup('Checkpoint:');
  addCheckpointOptions(command)
    .optionsGroup('Output:')
    .option('-f, --force', 'overwrites files that this program did not write');
  addSettings(command, ['precision', 'reportEvery']);
  addRecordingOptions(command);
  withCommonOptions(command)
    .addHelpText(
      'after',
      helpExamples([
        ['neural-fields fit photo.jpg', 'a photograph, in less than a minute'],
        ['neural-fields fit photo.jpg -o p.safetensors -p balanced', 'the same, sharper'],
        ['neural-fields fit photo.jpg -o p.safetensors --time 30s', 'as good as 30 seconds make it'],
        ['neural-fields fit a.png -o a.safetensors --until 35dB', 'only as long as it takes'],
        ['neural-fields fit a.png -o a.safetensors --network wire', 'the network of a paper'],
        ['neural-fields fit song.wav -o s.safetensors --start 30', 'five seconds of a song'],
        ['neural-fields fit *.png -o fields/', 'every picture, to one folder'],
        ['neural-fields fit - -o p.safetensors < photo.jpg', 'a picture from stdin'],
        ['neural-fields fit a.png -o a.safetensors --json > a.json', 'keeps the settings'],
        ['neural-fields fit b.png -o b.safetensors -c a.json', 'uses them for another picture'],
      ]),
    )
    .action(action);
};
