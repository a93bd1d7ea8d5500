/** @file `neural-fields prior`: learns a space of pictures, and recovers, samples and interpolates pictures. */
import { existsSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import {
  type CommonOptions,
  chooseBackend,
  createProgress,
  formatCount,
  helpExamples,
  InputError,
  integer,
  outputOf,
  positive,
  stoppable,
  withCommonOptions,
} from '@neural-fields/app-kit';
import { imageKinds, withOutputs } from '@neural-fields/app-kit/files';
import { createRng } from '@neural-fields/core';
import { interpolateLatents, sampleLatents } from '@neural-fields/hypernetworks';
import type { Image } from '@neural-fields/signals';
import { writeImage } from '@neural-fields/signals/node';
import { slice, type Tensor2D, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { type Command, Option } from 'commander';
import { observationOf, pictureOf, pixelCentres, readKnownPixels } from '../prior/pictures.ts';
import { type LoadedPrior, loadPrior } from '../prior/prior-description.ts';
import { generatorNames, type TrainSettings, trainPrior } from '../prior/train-prior.ts';
import { sideBySide } from '../spectrum/panels.ts';

/** The options as commander gives them. */
interface PriorOptions extends CommonOptions {
  readonly output: string;
  readonly force?: boolean;
}

interface TrainOptions extends PriorOptions {
  readonly size: number;
  readonly channels: 'grey' | 'rgb';
  readonly generator: TrainSettings['generator'];
  readonly latentFeatures: number;
  readonly hiddenFeatures: number;
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly restart?: boolean;
}

interface DrawOptions extends PriorOptions {
  readonly size: number;
  readonly count: number;
  readonly keep?: number;
  readonly seed: number;
}

const train = async (folder: string, options: TrainOptions): Promise<void> => {
  const output = outputOf(options);
  const { output: path, force, restart, size: side, channels } = options;
  const checkpoint = `${path}.checkpoint`;
  const outputs = [
    { option: '--output', path, kinds: ['field'] },
    { option: '--output', path: checkpoint, kinds: ['checkpoint'] },
  ] as const;
  await withOutputs({ inputs: [], outputs, force }, output, async () => {
    if (restart && existsSync(checkpoint)) await unlink(checkpoint);
    const { name: backend } = await chooseBackend(options, output);
    const { generator, latentFeatures, hiddenFeatures, steps, batch, learningRate, seed } = options;
    await trainPrior(
      {
        side,
        channels: channels === 'grey' ? 1 : 3,
        generator,
        latentFeatures,
        hiddenFeatures,
        steps,
        batch,
        learningRate,
        seed,
      },
      { folder, path, checkpoint, backend, output },
    );
  });
};

/** The pictures of latents. */
const drawLatents = async ({ prior, pictures }: LoadedPrior, latents: Tensor2D): Promise<Image[]> => {
  const { side, channels } = pictures;
  const fields = prior.fields(latents);
  const at = tensor2d(pixelCentres(side), [side * side, 2]);
  const values = fields.evaluate(at);
  try {
    const all = await values.data();
    const size = side * side * channels;
    return Array.from({ length: fields.count }, (_, b) => pictureOf(all.subarray(b * size, (b + 1) * size), pictures));
  } finally {
    for (const tensor of [at, values]) tensor.dispose();
    fields.dispose();
  }
};

/** Runs a command that draws pictures from a prior, beside each other, into one picture. */
const draw = async (
  path: string,
  options: DrawOptions,
  { inputs = [], make }: { readonly inputs?: readonly string[]; make(loaded: LoadedPrior): Promise<readonly Image[]> },
): Promise<void> => {
  const output = outputOf(options);
  const outputs = [{ option: '--output', path: options.output, kinds: imageKinds }];
  await withOutputs({ inputs: [path, ...inputs], outputs, force: options.force }, output, async () => {
    await chooseBackend(options, output);
    await stoppable(output, createProgress(output, { total: 1, unit: 'picture' }), async () => {
      const loaded = await loadPrior(path);
      try {
        const pictures = await make(loaded);
        await writeImage(
          options.output,
          sideBySide(
            pictures.map(image => ({ image })),
            options.size,
          ),
        );
        output.event('done', { output: options.output, pictures: pictures.length });
        output.result(`${options.output}: ${formatCount(pictures.length)} pictures`);
      } finally {
        loaded.prior.dispose();
      }
    });
  });
};

const complete = (path: string, picture: string, options: DrawOptions): Promise<void> =>
  draw(path, options, {
    inputs: [picture],
    make: async loaded => {
      const { prior, pictures } = loaded;
      const read = await readKnownPixels(picture, pictures);
      const isKnown = read.isKnown.slice();
      if (options.keep !== undefined) {
        const rng = createRng(options.seed);
        const order = [...isKnown.keys()].filter(i => isKnown[i] === 1).map(i => [rng.uniform(), i] as const);
        const kept = new Set(
          order
            .sort(([a], [b]) => a - b)
            .slice(0, options.keep)
            .map(([, i]) => i),
        );
        for (const i of isKnown.keys()) if (!kept.has(i)) isKnown[i] = 0;
      }
      if (isKnown.every(known => known === 0))
        throw new InputError({ what: `'${picture}'`, problem: 'all of its pixels are transparent: none is known' });
      const known = observationOf({ ...read, isKnown }, pixelCentres(pictures.side), pictures.channels);
      const latents = prior.encode([known]);
      try {
        const completed = await drawLatents(loaded, latents);
        return [
          pictureOf(read.values, pictures, isKnown),
          ...completed,
          pictureOf(read.values, pictures, read.isKnown),
        ];
      } finally {
        latents.dispose();
      }
    },
  });

const sample = (path: string, options: DrawOptions): Promise<void> =>
  draw(path, options, {
    make: async loaded => {
      const { mean, deviation } = loaded.pictures;
      const latents = tidy(() =>
        sampleLatents(
          { mean: tensor1d([...mean]), deviation: tensor1d([...deviation]) },
          options.count,
          createRng(options.seed),
        ),
      );
      try {
        return await drawLatents(loaded, latents);
      } finally {
        latents.dispose();
      }
    },
  });

const interpolate = (path: string, a: string, b: string, options: DrawOptions): Promise<void> =>
  draw(path, options, {
    inputs: [a, b],
    make: async loaded => {
      const { prior, pictures } = loaded;
      const ends = await Promise.all([a, b].map(picture => readKnownPixels(picture, pictures)));
      const both = prior.encode(ends.map(end => observationOf(end, pixelCentres(pictures.side), pictures.channels)));
      const latents = tidy(() =>
        interpolateLatents(slice(both, [0, 0], [1, -1]), slice(both, [1, 0], [1, -1]), options.count),
      );
      try {
        return await drawLatents(loaded, latents);
      } finally {
        for (const tensor of [both, latents]) tensor.dispose();
      }
    },
  });

const withPicture = (command: Command): Command =>
  withCommonOptions(
    command
      .requiredOption('-o, --output <file>', 'the picture to write')
      .option('--size <pixels>', 'the height of the picture', integer(16, 4096), 128)
      .option('-f, --force', 'overwrites a file that this program did not write'),
  );

const seedOption = (command: Command): Command =>
  command.option('--seed <n>', 'for everything random', integer(0, 2 ** 32 - 1), 0);

/** Adds the commands. */
export const addPriorCommand = (program: Command): void => {
  const prior = program
    .command('prior')
    .description('Learn a space of pictures, and recover pictures from some of their pixels.')
    .addHelpText(
      'after',
      helpExamples([
        ['neural-fields prior train faces -o faces.safetensors', 'learns the pictures of a folder'],
        ['neural-fields prior complete faces.safetensors holes.png -o whole.png', 'fills transparent pixels'],
      ]),
    );
  const training = prior
    .command('train')
    .description('Train a prior on the pictures of a folder, and measure it on a tenth that is held out.')
    .argument('<folder>', 'the folder with the pictures, which are resized')
    .requiredOption('-o, --output <file>', 'the prior to write')
    .option('--size <pixels>', 'pixels along each side of the pictures', integer(4, 128), 32)
    .addOption(new Option('--channels <which>', 'grey or colour').choices(['grey', 'rgb']).default('rgb'))
    .addOption(
      new Option('--generator <kind>', 'how fields follow from latents')
        .choices(generatorNames)
        .default('hypernetwork'),
    )
    .option('--latent-features <n>', 'the length of a latent', integer(1, 4096), 64)
    .option('--hidden-features <n>', 'the width of encoder and generator', integer(1, 4096), 64)
    .option('--steps <n>', 'the number of updates', integer(1, 1e8), 3000)
    .option('--batch <n>', 'pictures in a step', integer(1, 4096), 16)
    .option('--learning-rate <rate>', 'of Adam; it decays to 0', positive, 2e-4)
    .option('--restart', 'deletes the checkpoint and starts again')
    .option('-f, --force', 'overwrites a file that this program did not write');
  withCommonOptions(seedOption(training))
    .addHelpText('after', helpExamples([['neural-fields prior train faces -o p.safetensors', 'pictures at 32 x 32']]))
    .action(train);
  seedOption(
    withPicture(
      prior
        .command('complete')
        .description('Draw what is known of a picture, its completion, and the picture.')
        .argument('<prior>', 'the file of prior train')
        .argument('<picture>', 'a picture whose transparent pixels are unknown')
        .option('--keep <n>', 'keeps only so many random pixels', integer(1, 2 ** 20)),
    ),
  )
    .addHelpText(
      'after',
      helpExamples([['neural-fields prior complete p.safetensors a.png --keep 100 -o c.png', 'from 100 pixels']]),
    )
    .action(complete);
  const countOption = (command: Command, least: number): Command =>
    command.option('--count <n>', 'the number of pictures', integer(least, 64), 8);
  seedOption(
    countOption(
      withPicture(
        prior.command('sample').description('Draw random pictures.').argument('<prior>', 'the file of prior train'),
      ),
      1,
    ),
  )
    .addHelpText('after', helpExamples([['neural-fields prior sample p.safetensors -o s.png', 'eight of them']]))
    .action(sample);
  countOption(
    withPicture(
      prior
        .command('interpolate')
        .description('Draw the pictures between two.')
        .argument('<prior>', 'the file of prior train')
        .argument('<from>', 'a picture')
        .argument('<to>', 'another picture'),
    ),
    2,
  )
    .addHelpText(
      'after',
      helpExamples([['neural-fields prior interpolate p.safetensors a.png b.png -o i.png', 'eight of them']]),
    )
    .action(interpolate);
};
