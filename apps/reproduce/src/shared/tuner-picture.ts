/**
 * @file A picture of which some pixels are held out, fitted by networks of two layers of sines: what the experiments on
 *   TUNER (Novello et al. 2025, arXiv:2407.21121) have in common.
 */
import { fraction } from '@neural-fields/app-kit';
import { adam, cosine, createRng, type Field, type FieldSpec, term } from '@neural-fields/core';
import { radialSpectrum } from '@neural-fields/core/spectra';
import { mse } from '@neural-fields/losses';
import {
  type Bounds,
  bounds,
  DEFAULT_PERIOD,
  nyquistFrequency,
  periodicExtensions,
} from '@neural-fields/periodic-init';
import { coordinateGradient, type PointSet, pixels, subset } from '@neural-fields/signals';
import ndarray from 'ndarray';
import type {
  Experiment,
  ExperimentContext,
  ExperimentPlan,
  ExperimentSettings,
  FitPlan,
  FittedField,
  OwnOption,
  ProfileSettings,
  Training,
} from '../frame/experiment.ts';
import type { Check, LinePlot, PlotLine, Table } from '../frame/findings.ts';
import { picturePsnr, picturePsnrDefinition, rangePsnr, rangePsnrDefinition } from './decibels.ts';
import { energyAboveNyquist, fieldSpectrum } from './field-spectrum.ts';
import { hashNumbers, type LoadedPicture, loadPicture, pictureDescription, pictureGrid } from './pictures.ts';
import { sampleJet } from './sample-jet.ts';
import { showGradient, showSignal } from './show.ts';
import type { TunerNumbers } from './tuner-numbers.ts';

/** The options of these experiments. */
export type TunerOwn = 'heldOutShare';

/** The part of the pixels that is not fitted. */
export const heldOutShare: OwnOption = {
  what: 'part of the pixels that is held out',
  argument: '<share>',
  parse: fraction,
  values: { quick: 0.25, paper: 0.25 },
};

/** What the spec of a variant depends on. */
export interface TunerSize {
  readonly inFeatures: 2;
  readonly outFeatures: 1;
  readonly hiddenFeatures: number;
  readonly hiddenLayers: number;
  /** The Nyquist frequency along the shorter side, in multiples of 1 / period. */
  readonly nyquist: number;
  readonly seed: number;
  /** The picture in [-1, 1], for frequencies that depend on it. */
  readonly picture: { readonly data: Float32Array; readonly shape: readonly [number, number] };
}

/** A network that is compared. */
export interface TunerVariant {
  readonly name: string;
  readonly label: string;
  spec(size: TunerSize): FieldSpec;
  readonly bounds?: Bounds;
  /** A training of its own: its description for the identity of the fit, and the training itself. */
  readonly training?: {
    readonly describe: string;
    train(training: Training, size: TunerSize): ReturnType<NonNullable<FitPlan['train']>>;
  };
}

/** The default share of the Nyquist frequency that input frequencies fill: 85 of 512 in the authors' preset. */
export const INPUT_SHARE: number = 1 / 6;

/** The options of a network that come from the settings. */
export const networkSize = (
  size: TunerSize,
): Pick<TunerSize, 'inFeatures' | 'outFeatures' | 'hiddenFeatures' | 'hiddenLayers'> => {
  const { inFeatures, outFeatures, hiddenFeatures, hiddenLayers } = size;
  return { inFeatures, outFeatures, hiddenFeatures, hiddenLayers };
};

/** What distinguishes an experiment; the learning rates are those of the quick profile. */
export interface TunerExperiment
  extends Pick<Experiment, 'id' | 'title' | 'source' | 'summary'>,
    Pick<ProfileSettings, 'learningRate' | 'learningRates'> {
  readonly variants: readonly TunerVariant[];
  /** The measurements by the names of the variants. */
  checks(numbers: Readonly<Record<string, TunerNumbers>>): readonly Check[];
  /** Plots besides the spectra of the fields. */
  plots?(fields: Readonly<Record<string, Field>>, size: TunerSize, signal: AbortSignal): Promise<readonly LinePlot[]>;
  /** A table besides that of the measurements. */
  table?(fits: readonly FittedField[], signal: AbortSignal): Promise<Table>;
  readonly notes?: readonly string[];
}

/** Shares of energy below it are rounding errors of float32. */
const SMALLEST_SHARE = 1e-14;

/** 0 where a pixel is held out: with the given probability, the first one never, and the last always. */
export const fittedPixels = (count: number, seed: number, share: number): Uint8Array => {
  const rng = createRng(seed).fork('held-out pixels');
  return Uint8Array.from({ length: count }, (_, i) => (i === 0 || (rng.uniform() >= share && i < count - 1) ? 1 : 0));
};

/** The values of the pixels whose mask has the wanted number. */
export const select = (values: ArrayLike<number>, mask: Uint8Array, wanted: number): Float32Array =>
  Float32Array.from(values).filter((_, i) => mask[i] === wanted);

/** What the specs for a picture depend on. */
export const tunerSize = (
  { width, height, image }: LoadedPicture,
  { hiddenFeatures, hiddenLayers, seed }: Pick<ExperimentSettings, 'hiddenFeatures' | 'hiddenLayers' | 'seed'>,
): TunerSize => {
  return {
    inFeatures: 2,
    outFeatures: 1,
    hiddenFeatures,
    hiddenLayers,
    nyquist: nyquistFrequency({ samples: Math.min(width, height), period: DEFAULT_PERIOD }),
    seed,
    picture: { data: Float32Array.from(image.data, value => 2 * value - 1), shape: [height, width] },
  };
};

/** A picture of which the pixels with 1 in a mask are fitted. */
export interface MaskedPicture {
  readonly picture: LoadedPicture;
  readonly mask: Uint8Array;
  readonly points: PointSet;
}

/** @param mask row-major, one element for each pixel: 1 where it is fitted, otherwise 0 */
export const maskedPicture = (picture: LoadedPicture, mask: Uint8Array): MaskedPicture => ({
  picture,
  mask,
  points: subset(pixels(picture.image, pictureGrid), { mask: ndarray(mask, [picture.height, picture.width]) }),
});

/** The fit of a network to the fitted pixels of a picture: all in each step, Adam with a cosine. */
export const tunerFit = (
  { picture, mask, points }: MaskedPicture,
  { spec, bounds: limits }: { readonly spec: FieldSpec; readonly bounds?: Bounds | undefined },
  { steps, seed, learningRate }: Pick<ExperimentSettings, 'steps' | 'seed' | 'learningRate'>,
): Omit<FitPlan, 'name' | 'label'> & Required<Pick<FitPlan, 'identity'>> => ({
  spec,
  extensions: periodicExtensions,
  terms: () => [term({ points, loss: mse() })],
  identity: {
    picture: hashNumbers(picture.image.data, [picture.width]),
    fitted: hashNumbers(mask),
    bounds: limits ? `${limits.low}, ${limits.high}` : 'none',
  },
  steps,
  seed,
  optimizer: adam({ learningRate }),
  schedule: cosine(),
  signal: pictureDescription(picture),
  ...(limits && { project: bounds(spec, limits) }),
});

const prepare = async (experiment: TunerExperiment, context: ExperimentContext<TunerOwn>): Promise<ExperimentPlan> => {
  const { settings, signal } = context;
  const { steps, seed, learningRate, learningRates } = settings;
  const picture = await loadPicture(context.imageFile, settings);
  const { width, height } = picture;
  const mask = fittedPixels(width * height, seed, settings.own.heldOutShare);
  const masked = maskedPicture(picture, mask);
  const size = tunerSize(picture, settings);
  const variants = experiment.variants.filter(({ name }) => context.networks.includes(name));

  const evaluate: ExperimentPlan['evaluate'] = async fits => {
    const truth = size.picture.data;
    const gradient = coordinateGradient(ndarray(truth, [height, width, 1]), pictureGrid).data;
    const numbers: Record<string, TunerNumbers> = {};
    const lines: PlotLine[] = [];
    const drawn: { variant: TunerVariant; value: Float32Array; gradient: Float32Array }[] = [];
    for (const variant of variants) {
      const field = (fits[variant.name] as FittedField).model;
      const jet = await sampleJet(field, { shape: [height, width], grid: pictureGrid, signal });
      const spectrum = await fieldSpectrum(field, picture, signal);
      const psnrAt = (wanted: 0 | 1): number =>
        picturePsnr(select(jet.value, mask, wanted), select(truth, mask, wanted));
      numbers[variant.name] = {
        fitted: psnrAt(1),
        heldOut: psnrAt(0),
        gradient: rangePsnr(jet.gradient, gradient),
        above: 10 * Math.log10(Math.max(energyAboveNyquist(spectrum), SMALLEST_SHARE)),
      };
      const { frequencies, amplitudes } = radialSpectrum(spectrum);
      lines.push({ name: variant.label, x: frequencies.subarray(1), y: amplitudes.subarray(1) });
      drawn.push({ variant, value: jet.value, gradient: jet.gradient });
    }
    const fields = Object.fromEntries(Object.values(fits).map(({ name, model: field }) => [name, field]));
    return {
      numbers,
      tables: [
        {
          title: 'PSNR, and the share of energy that the pixels cannot determine (dB)',
          corner: 'network',
          columns: ['fitted pixels', 'held-out pixels', 'gradient', 'above Nyquist'],
          rows: variants.map(({ name, label }) => {
            const { fitted, heldOut, gradient: g, above } = numbers[name] as TunerNumbers;
            return { name: label, cells: [fitted, heldOut, g, above] };
          }),
        },
        ...(experiment.table ? [await experiment.table(Object.values(fits), signal)] : []),
      ],
      checks: experiment.checks(numbers),
      pictures: [
        {
          title: 'Fields and their gradients',
          pixelated: true,
          pictures: [
            { name: 'picture', title: 'Picture', image: picture.image },
            { name: 'picture-gradient', title: 'Gradient', image: showGradient(gradient, picture) },
            ...drawn.flatMap(({ variant: { name, label }, value, gradient: own }) => [
              { name, title: label, image: showSignal(value, picture) },
              { name: `${name}-gradient`, title: `${label}: gradient`, image: showGradient(own, picture, gradient) },
            ]),
          ],
        },
      ],
      plots: [
        {
          name: 'spectra',
          title: 'Radial amplitude spectra of the fields',
          caption: ` Over [-1, 1]^2 under a Hann window; the Nyquist frequency of the pixels is ${size.nyquist / DEFAULT_PERIOD} cycles per unit.`,
          x: { label: 'cycles per unit' },
          y: { label: 'amplitude', logarithmic: true },
          lines,
        },
        ...((await experiment.plots?.(fields, size, signal)) ?? []),
      ],
      notes: [
        picturePsnrDefinition,
        rangePsnrDefinition,
        'The gradient is compared at all pixels, fitted or not, with central differences of the picture.',
        'Energy above Nyquist: the share of the energy of the field, but for its mean, at frequencies above the Nyquist frequency of the ' +
          'pixels along either axis; over [-1, 1]^2 under a Hann window, at twice the resolution of the pixels.',
        ...(experiment.notes ?? []),
      ],
    };
  };

  return {
    notes: [picture.note, `${masked.points.size} of ${mask.length} pixels are fitted`],
    fits: variants.map(variant => {
      const { training } = variant;
      const rate = learningRates?.[variant.name] ?? learningRate;
      const plan = tunerFit(
        masked,
        { spec: variant.spec(size), bounds: variant.bounds },
        { steps, seed, learningRate: rate },
      );
      return {
        ...plan,
        name: variant.name,
        label: variant.label,
        ...(training && {
          identity: { ...plan.identity, training: training.describe },
          train: (given: Training) => training.train(given, size),
        }),
      };
    }),
    evaluate,
  };
};

/** Makes an experiment on TUNER. */
export const tunerExperiment = (experiment: TunerExperiment): Experiment<TunerOwn> => {
  const { id, title, source, summary, variants, learningRate, learningRates = {} } = experiment;
  return {
    id,
    title,
    source,
    summary,
    data: 'a photograph of 1865-1870, grey in [-1, 1]; three quarters of its pixels in every step',
    networks: variants.map(({ name }) => name),
    takes: ['image'],
    sizes: { least: 8, most: 8192 },
    profiles: {
      quick: { size: 96, steps: 500, hiddenFeatures: 64, hiddenLayers: 1, learningRate, learningRates },
      paper: { size: 480, steps: 5000, hiddenFeatures: 256, hiddenLayers: 1, learningRate: 5e-4 },
    },
    options: { heldOutShare },
    prepare: context => prepare(experiment, context),
  };
};
