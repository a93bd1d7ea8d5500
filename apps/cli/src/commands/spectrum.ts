/** @file `neural-fields spectrum`: draws the spectrum of the field of a picture or a sound. */
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
import type { AudioDescription, ImageDescription } from '@neural-fields/app-kit/signals';
import { type Field, fieldFromData } from '@neural-fields/core';
import { writeImage } from '@neural-fields/signals/node';
import type { Command } from 'commander';
import { type LoadedField, loadFieldAloud } from '../files/load-field.ts';
import { readOriginal } from '../signals/read-original.ts';
import { sideBySide } from '../spectrum/panels.ts';
import { drawPicture } from '../spectrum/picture-panels.ts';
import { drawSound } from '../spectrum/sound-panels.ts';

/** The options as commander gives them. */
interface SpectrumCommandOptions extends CommonOptions {
  readonly output: string;
  readonly source?: string;
  readonly size: number;
  readonly force?: boolean;
}

const DEFAULT_SIZE = 512;

/** What a field may represent to have a spectrum. */
type Description = AudioDescription | ImageDescription;

const descriptionOf = (path: string, { signal }: LoadedField): Description => {
  if (signal?.kind === 'image' || signal?.kind === 'audio') return signal;
  throw new InputError({
    what: `'${path}'`,
    wanted: 'the field of a picture or a sound',
    got: signal === undefined ? 'a field that does not say what it represents' : `one of another kind: ${signal.kind}`,
  });
};

const drawSpectrum = async (
  path: string,
  { field, description }: { readonly field: Field; readonly description: Description },
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
    const drawing = { points: original?.points, size, signal, report };
    const drawn =
      description.kind === 'audio'
        ? await drawSound(field, description, drawing)
        : await drawPicture(field, description, drawing);
    if (drawn === undefined)
      throw new InputError({
        what: `'${path}'`,
        problem:
          description.kind === 'audio'
            ? 'a sound of fewer than 4 samples has no spectrum'
            : 'a picture of fewer than 4 x 4 pixels has no spectrum',
      });
    const { panels, notes } = drawn;
    await writeImage(options.output, sideBySide(panels, size));
    output.event('done', { output: options.output, panels: panels.map(({ title }) => title) });
    output.log(`from left to right: ${panels.map(({ title }) => title).join(', ')}`);
    for (const note of notes) output.log(note);
    output.result(`${options.output}: ${formatSeconds((performance.now() - begun) / 1000)}`);
  });
};

const action = async (path: string, options: SpectrumCommandOptions): Promise<void> => {
  const output = outputOf(options);
  const inputs = [path, ...(options.source === undefined ? [] : [options.source])];
  const outputs = [{ option: '--output', path: options.output, kinds: imageKinds }];
  await withOutputs({ inputs, outputs, force: options.force }, output, async () => {
    const loaded = await loadFieldAloud(path, {}, output);
    const description = descriptionOf(path, loaded);
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
      'Draw the amplitude spectrum of the field of a picture or a sound, on a logarithmic scale: with --source beside that of the original, ' +
        'and for a periodic field the one predicted from its weights beside the measured one.',
    )
    .argument('<field>', 'the field file, or a checkpoint')
    .requiredOption('-o, --output <file>', 'the picture to write')
    .option('--source <file>', 'the picture or sound that was fitted')
    .option('--size <pixels>', 'the height of the picture', integer(16, 4096), DEFAULT_SIZE)
    .option('-f, --force', 'overwrites a file that this program did not write')
    .addHelpText(
      'after',
      helpExamples([
        ['neural-fields spectrum p.safetensors -o s.png', 'the field alone'],
        ['neural-fields spectrum p.safetensors --source p.jpg -o s.png', 'beside the original'],
        ['neural-fields spectrum song.safetensors --source song.wav -o s.png', 'of a sound'],
      ]),
    );
  withCommonOptions(command).action(action);
};
