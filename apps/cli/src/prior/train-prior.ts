/** @file Trains a prior on pictures, and measures it on held-out ones. */
import { existsSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { createProgress, explainedWithin, InputError, type Output, stoppable } from '@neural-fields/app-kit';
import { extensions, tolerantStore } from '@neural-fields/app-kit/fitting';
import { adam, CheckpointError, cosine, createRng, fit, siren } from '@neural-fields/core';
import { writeFileAtomically } from '@neural-fields/core/node';
import {
  createPrior,
  encodePrior,
  type GeneratorSpec,
  hypernetwork,
  latentStatistics,
  lowRankHypernetwork,
  type Observation,
  type Prior,
  priorTerms,
  type Signal,
  setEncoder,
  shiftModulation,
  signalPoints,
  splitSignals,
} from '@neural-fields/hypernetworks';
import { mse } from '@neural-fields/losses';
import { tensor2d } from '@tensorflow/tfjs-core';
import { type PictureSize, pixelCentres, readPictures } from './pictures.ts';
import { PRIOR_PICTURES_KEY } from './prior-description.ts';

/** The generators of `--generator`. */
export const generatorNames = ['hypernetwork', 'low-rank', 'shift'] as const;

/** The settings of a training. */
export interface TrainSettings extends PictureSize {
  readonly generator: (typeof generatorNames)[number];
  readonly latentFeatures: number;
  readonly hiddenFeatures: number;
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly seed: number;
}

/** The files of a training, and where it runs. */
export interface TrainRun {
  readonly folder: string;
  readonly path: string;
  readonly checkpoint: string;
  readonly backend: string;
  readonly output: Output;
}

/** The number of known pixels in training: Sitzmann et al. 2020, arXiv:2006.09661, in the authors' code. */
const [LEAST_CONTEXT, MOST_CONTEXT] = [10, 200];
/** Pictures that are encoded, and completed, at once. */
const BLOCK = 32;
/** Pixels of each picture in a step. */
const PIXELS_PER_STEP = 256;
/** Pictures whose latents tell the distribution to sample from. */
const SAMPLED = 512;

const generatorOf = ({ generator, hiddenFeatures }: TrainSettings): GeneratorSpec => {
  if (generator === 'hypernetwork') return hypernetwork({ hiddenFeatures });
  if (generator === 'low-rank') return lowRankHypernetwork({ hiddenFeatures, rank: 4 });
  return shiftModulation();
};

/** Some pixels of a picture, the same for the same seed. */
const someOf = ({ coords, targets }: Signal, count: number, seed: readonly [number, number]): Observation => {
  const value = targets['value'] as Float32Array;
  const n = coords.length / 2;
  const channels = value.length / n;
  const rng = createRng(seed[0]).fork('context', seed[1]);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const j = i + rng.integer(n - i);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  const rows = [...order.subarray(0, count)];
  return {
    coords: Float32Array.from(rows.flatMap(i => [...coords.subarray(2 * i, 2 * i + 2)])),
    values: Float32Array.from(rows.flatMap(i => [...value.subarray(i * channels, (i + 1) * channels)])),
  };
};

/** The mean squared error of completions from `count` pixels, and that of the mean picture, for values in [-1, 1]. */
const measure = async (
  prior: Prior,
  { train, test }: { readonly train: readonly Signal[]; readonly test: readonly Signal[] },
  { count, side, seed, signal }: { count: number; side: number; seed: number; signal: AbortSignal },
): Promise<{ readonly completion: number; readonly meanPicture: number }> => {
  const values = (picture: Signal): Float32Array => picture.targets['value'] as Float32Array;
  const size = values(test[0] as Signal).length;
  const mean = new Float64Array(size);
  for (const picture of train)
    for (const [i, v] of values(picture).entries()) mean[i] = (mean[i] as number) + v / train.length;
  const at = tensor2d(pixelCentres(side), [side * side, 2]);
  let [completion, meanPicture] = [0, 0];
  try {
    for (let start = 0; start < test.length; start += BLOCK) {
      signal.throwIfAborted();
      const some = test.slice(start, start + BLOCK);
      const fields = prior.complete(some.map((picture, i) => someOf(picture, count, [seed, start + i])));
      const tensor = fields.evaluate(at);
      const got = await tensor.data();
      tensor.dispose();
      fields.dispose();
      for (const [b, picture] of some.entries())
        for (const [i, v] of values(picture).entries()) {
          completion += (v - (got[b * size + i] as number)) ** 2 / (size * test.length);
          meanPicture += (v - (mean[i] as number)) ** 2 / (size * test.length);
        }
    }
  } finally {
    at.dispose();
  }
  return { completion, meanPicture };
};

/** The distribution of the latents of training pictures. */
const distributionOf = async (prior: Prior, train: readonly Signal[], seed: number) => {
  const some = train.slice(0, SAMPLED);
  const rows: number[] = [];
  for (let start = 0; start < some.length; start += BLOCK) {
    const context = Math.min(MOST_CONTEXT, (some[0]?.coords.length ?? 0) / 2);
    const latents = prior.encode(some.slice(start, start + BLOCK).map((s, i) => someOf(s, context, [seed, start + i])));
    rows.push(...(await latents.data()));
    latents.dispose();
  }
  const all = tensor2d(rows, [some.length, prior.spec.latentFeatures]);
  const { mean, deviation } = latentStatistics(all);
  const found = { mean: [...(await mean.data())], deviation: [...(await deviation.data())] };
  for (const tensor of [all, mean, deviation]) tensor.dispose();
  return found;
};

/** Explains why a checkpoint does not fit. */
const explained = (error: unknown, { checkpoint }: TrainRun): unknown =>
  error instanceof CheckpointError
    ? new InputError(
        {
          ...explainedWithin(`cannot resume from '${checkpoint}'`, error),
          hint: "give that run's options, or --restart to delete it",
        },
        { cause: error },
      )
    : error;

/** Trains a prior, or resumes the training, and writes it. @throws InputError when a folder or checkpoint is wrong */
export const trainPrior = async (settings: TrainSettings, run: TrainRun): Promise<void> => {
  const { side, channels, steps, batch, learningRate, seed, latentFeatures, hiddenFeatures } = settings;
  const { folder, path, checkpoint, backend, output } = run;
  const progress = createProgress(output, { total: steps, unit: 'step' });
  await stoppable(output, progress, async ({ signal }) => {
    const begun = performance.now();
    const reading = (done: number, total: number): void =>
      progress.update(0, [`picture ${done} of ${total}`], Number.POSITIVE_INFINITY);
    const signals = await readPictures(folder, settings, { least: batch + 2, signal, report: reading });
    // At least one picture is held out, and a step's pictures are left.
    const test = Math.min(0.1, 1 - (batch + 1) / signals.length);
    const split = splitSignals(signals, { validation: 0, test: Math.max(test, 1 / signals.length), seed });
    output.log(`${split.train.length} pictures to train on, ${split.test.length} held out`);
    const prior = createPrior({
      field: siren({ inFeatures: 2, outFeatures: channels, hiddenFeatures: 32, hiddenLayers: 2, omega0: 12 }),
      generator: generatorOf(settings),
      encoder: setEncoder({ hiddenFeatures, omega0: 8 }),
      latentFeatures,
      signalsPerStep: batch,
      extensions,
      seed,
    });
    try {
      const most = Math.min(MOST_CONTEXT, side * side);
      const points = signalPoints(prior, split.train, {
        context: { min: Math.min(LEAST_CONTEXT, most), max: most },
        ...(side * side > PIXELS_PER_STEP && { pointsPerSignal: PIXELS_PER_STEP }),
      });
      const terms = priorTerms({ points, loss: mse(), latentWeight: 0.01, parameterWeight: 1 });
      const identity = { folder, pictures: String(signals.length), side: String(side), backend };
      const { store } = tolerantStore(checkpoint, output);
      const reports = fit(prior, terms, {
        steps,
        seed,
        optimizer: adam({ learningRate }),
        schedule: cosine(),
        clipNorm: batch,
        reportEvery: 10,
        signal,
        checkpoint: { store, identity, onWarning: message => output.warn(message) },
      });
      for await (const { step, terms: losses, secondsLeft, loss } of reports) {
        progress.update(step, [`loss ${(losses['data'] ?? loss).toExponential(2)}`], secondsLeft);
        output.event('progress', { step, steps, loss, terms: losses });
      }
      progress.stop();
      for (const count of [10, 100].filter(wanted => wanted <= side * side)) {
        const { completion, meanPicture } = await measure(prior, split, { count, side, seed, signal });
        output.log(
          `held out, from ${count} pixels: mean squared error ${completion.toPrecision(3)}, of the mean picture ` +
            `${meanPicture.toPrecision(3)} (values in [-1, 1])`,
        );
        output.event('held-out', { pixels: count, completion, meanPicture });
      }
      const pictures = { side, channels, ...(await distributionOf(prior, split.train, seed)) };
      await writeFileAtomically(path, await encodePrior(prior, { [PRIOR_PICTURES_KEY]: JSON.stringify(pictures) }));
      if (existsSync(checkpoint)) await unlink(checkpoint);
      output.event('done', { output: path, seconds: (performance.now() - begun) / 1000 });
      output.result(`${path}: a prior of ${signals.length} pictures`);
    } catch (error) {
      throw explained(error, run);
    } finally {
      prior.dispose();
    }
  });
};
