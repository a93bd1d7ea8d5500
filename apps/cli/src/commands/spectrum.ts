/** @file `neural-fields spectrum`: draws the spectrum of a field of a picture. */
import {
  type CommonOptions,
  chooseBackend,
  createProgress,
  formatSeconds,
  helpExamples,
  InputError,
  integer,
  type Output,
  outputOf,
  stoppable,
  withCommonOptions,
} from '@neural-fields/app-kit';
import { imageKinds, withOutputs } from '@neural-fields/app-kit/files';
import { extensions } from '@neural-fields/app-kit/fitting';
import type { ImageDescription } from '@neural-fields/app-kit/signals';
import { type Field, fieldFromData } from '@neural-fields/core';
import type { Image } from '@neural-fields/signals';
import { writeImage } from '@neural-fields/signals/node';
import type { Command } from 'commander';
import { type LoadedField, loadFieldAloud } from '../files/load-field.ts';
import { logarithmicPicture } from '../page/colours.ts';
import { type ImageSpectra, makeSpectra, spectrumScale } from '../page/image/spectra.ts';
import { readOriginal } from '../signals/read-original.ts';
import { centredIn, sideBySide } from '../spectrum/panels.ts';
import { type PredictedAndMeasured, predictAndMeasure } from '../spectrum/predicted.ts';

/** The options as commander gives them. */
interface SpectrumCommandOptions extends CommonOptions {
  readonly output: string;
  readonly source?: string;
  readonly size: number;
  readonly force?: boolean;
}

/** A picture, and what it shows. */
interface Panel {
  readonly title: string;
  readonly image: Image;
}

const DEFAULT_SIZE = 512;

const imageOf = (path: string, { signal }: LoadedField): ImageDescription => {
  if (signal?.kind === 'image') return signal;
  throw new InputError({
    what: `'${path}'`,
    wanted: 'the field of a picture',
    got: signal === undefined ? 'a field that does not say what it represents' : `one of another kind: ${signal.kind}`,
  });
};

/** The spectra over the picture: the original's within the frequencies of its pixels, the field's up to twice those. */
const overPicture = (spectra: ImageSpectra): readonly Panel[] => {
  const { 'spectrum-picture': picture, 'spectrum-field': field } = spectra.pictures as Readonly<
    Record<string, Image | undefined>
  >;
  return [
    ...(picture && field ? [{ title: 'the original', image: centredIn(picture, field) }] : []),
    ...(field ? [{ title: 'the field, over the picture', image: field }] : []),
  ];
};

/** The spectra over one period. */
const overPeriod = ({ measured, predicted }: PredictedAndMeasured): readonly Panel[] => {
  const scale = spectrumScale(measured);
  const draw = ({ amplitudes, shape }: PredictedAndMeasured['measured']): Image =>
    logarithmicPicture(amplitudes, shape as [number, number], scale);
  return [
    { title: 'the field, over one period', image: draw(measured) },
    { title: 'predicted from its weights', image: draw(predicted) },
  ];
};

const drawSpectrum = async (
  path: string,
  { field, description }: { readonly field: Field; readonly description: ImageDescription },
  options: SpectrumCommandOptions,
  output: Output,
): Promise<void> => {
  const { source, size } = options;
  const original = source === undefined ? undefined : await readOriginal(source, description);
  const progress = createProgress(output, { total: 100, unit: 'percent' });
  const begun = performance.now();
  await stoppable(output, progress, async ({ signal }) => {
    const report = (share: number): void => {
      const seconds = (performance.now() - begun) / 1000;
      progress.update(
        Math.floor(100 * share),
        [],
        share > 0 ? (seconds * (1 - share)) / share : Number.POSITIVE_INFINITY,
      );
    };
    report(0);
    const spectra = await makeSpectra(field, description, original?.points, signal);
    if (spectra === undefined)
      throw new InputError({ what: `'${path}'`, problem: 'a picture of fewer than 4 x 4 pixels has no spectrum' });
    const both = await predictAndMeasure(field, description, { signal, report });
    const panels = [...overPicture(spectra), ...(both ? overPeriod(both) : [])];
    await writeImage(
      options.output,
      sideBySide(
        panels.map(({ image }) => image),
        size,
      ),
    );
    output.event('done', { output: options.output, panels: panels.map(({ title }) => title) });
    output.log(`from left to right: ${panels.map(({ title }) => title).join(', ')}`);
    if (both) output.log('predicted: the root mean square of each amplitude over random phases');
    output.result(`${options.output}: ${formatSeconds((performance.now() - begun) / 1000)}`);
  });
};

const action = async (path: string, options: SpectrumCommandOptions): Promise<void> => {
  const output = outputOf(options);
  const inputs = [path, ...(options.source === undefined ? [] : [options.source])];
  const outputs = [{ option: '--output', path: options.output, kinds: imageKinds }];
  await withOutputs({ inputs, outputs, force: options.force }, output, async () => {
    const loaded = await loadFieldAloud(path, {}, output);
    const description = imageOf(path, loaded);
    await chooseBackend(options, output);
    const field = fieldFromData(loaded.data, extensions);
    try {
      await drawSpectrum(path, { field, description }, options, output);
    } finally {
      field.dispose();
    }
  });
};

/** Adds the command. */
export const addSpectrumCommand = (program: Command): void => {
  const command = program
    .command('spectrum')
    .description(
      "Draw the amplitude spectrum of a picture's field, on a logarithmic scale: with --source beside that of the original, " +
        'and for a periodic field the one predicted from its weights beside the measured one.',
    )
    .argument('<field>', 'the field file, or a checkpoint')
    .requiredOption('-o, --output <file>', 'the picture to write')
    .option('--source <file>', 'the picture that was fitted')
    .option('--size <pixels>', 'the height of the picture', integer(16, 4096), DEFAULT_SIZE)
    .option('-f, --force', 'overwrites a file that this program did not write')
    .addHelpText(
      'after',
      helpExamples([
        ['neural-fields spectrum p.safetensors -o s.png', 'the field alone'],
        ['neural-fields spectrum p.safetensors --source p.jpg -o s.png', 'beside the original'],
      ]),
    );
  withCommonOptions(command).action(action);
};
