/** @file The two experiments on Poisson's equation, which differ in their supervision and their expected results. */
import { adam, type Term, term } from '@neural-fields/core';
import { poissonGradient, poissonLaplacian } from '@neural-fields/losses';
import { pixels } from '@neural-fields/signals';
import ndarray from 'ndarray';
import type { Experiment, ExperimentContext, ExperimentPlan, FittedField } from '../frame/experiment.ts';
import type { Check, Findings, PictureGroup } from '../frame/findings.ts';
import { leadCheck } from './compare.ts';
import { picturePsnrDefinition, rangePsnrDefinition } from './decibels.ts';
import { type NetworkName, networkExtensions, networkLabels, networkNames, networkSpec } from './networks.ts';
import { hashNumbers, type LoadedPicture, loadPicture, pictureDescription, pictureGrid } from './pictures.ts';
import {
  fittedScale,
  ownRates,
  type PictureDerivatives,
  pictureDerivatives,
  poissonDefinitions,
  type Reconstruction,
  reconstruct,
  type Supervision,
} from './poisson.ts';
import { sampleJet } from './sample-jet.ts';
import { showGradient, showSignal, showSigned } from './show.ts';

/** The three PSNRs of a network, in decibels. */
export type PoissonPsnr = Reconstruction['psnr'];

/** The PSNRs in the paper, by network. */
export type PublishedPsnr = Readonly<Partial<Record<NetworkName, PoissonPsnr>>>;

/** The networks of the paper's table, in reverse order. */
export const poissonNetworks: readonly NetworkName[] = ['siren', 'relu-pe', 'tanh'];

/** The quantities of the table, with their names. */
export const poissonQuantities: readonly (readonly [keyof PoissonPsnr, string])[] = [
  ['value', 'picture'],
  ['gradient', 'gradient'],
  ['laplacian', 'Laplacian'],
];

/** What the two experiments do not share. */
export interface PoissonExperimentOptions
  extends Pick<Experiment, 'id' | 'title' | 'source' | 'summary' | 'data' | 'profiles'> {
  readonly supervision: Supervision;
  readonly published: PublishedPsnr;
  /** The minimum lead of SIREN's PSNR, by quantity; 0 if absent. */
  readonly leads: Readonly<Partial<Record<keyof PoissonPsnr, number>>>;
  /** Additional checks. */
  readonly checks?: (
    context: ExperimentContext,
    picture: LoadedPicture,
    numbers: Readonly<Record<string, PoissonPsnr>>,
  ) => readonly Check[];
}

const termOf = ({ image, width, height }: LoadedPicture, truth: PictureDerivatives, supervision: Supervision): Term => {
  const target = truth[supervision].map(number => number * fittedScale[supervision]);
  const targets = { [supervision]: ndarray(target, [height, width, supervision === 'gradient' ? 2 : 1]) };
  const points = pixels(image, { ...pictureGrid, targets });
  if (supervision === 'gradient') {
    const loss = poissonGradient();
    return term({ points, loss });
  }
  const loss = poissonLaplacian();
  return term({ points, loss });
};

const pictures = (
  { name, label, diverged }: FittedField,
  picture: LoadedPicture,
  truth: PictureDerivatives,
  { value, gradient, laplacian, psnr }: Reconstruction,
): PictureGroup => {
  const decibels = (number: number): string => ` ${number.toFixed(2)} dB.`;
  return {
    title: `${label}${diverged === undefined ? '' : ' (diverged)'}`,
    pixelated: true,
    pictures: [
      { name, title: 'Picture', image: showSignal(value, picture), caption: decibels(psnr.value) },
      {
        name: `${name}-gradient`,
        title: 'Gradient',
        image: showGradient(gradient, picture, truth.gradient),
        caption: decibels(psnr.gradient),
      },
      {
        name: `${name}-laplacian`,
        title: 'Laplacian',
        image: showSigned(laplacian, picture, truth.laplacian),
        caption: decibels(psnr.laplacian),
      },
    ],
  };
};

const leadChecks = (
  numbers: Readonly<Record<string, PoissonPsnr>>,
  { leads, published }: PoissonExperimentOptions,
): readonly Check[] =>
  poissonQuantities.flatMap(([quantity, what]) => {
    const others = Object.entries(published).filter(([name]) => name !== 'siren');
    const best = Math.max(...others.map(([, psnr]) => psnr[quantity]));
    const own = published.siren?.[quantity];
    return leadCheck({
      what: `PSNR of the ${what}`,
      unit: 'dB',
      leader: networkLabels.siren,
      numbers: Object.fromEntries(
        Object.entries(numbers).map(([name, psnr]) => [networkLabels[name as NetworkName], psnr[quantity]]),
      ),
      atLeast: leads[quantity] ?? 0,
      published: own === undefined ? undefined : own - best,
    });
  });

/** ReLU with positional encoding against tanh, judged where the paper has it ahead. */
const baselineChecks = (
  numbers: Readonly<Record<string, PoissonPsnr>>,
  { published }: PoissonExperimentOptions,
): readonly Check[] =>
  poissonQuantities.flatMap(([quantity, what]) => {
    const [encoded, plain] = [numbers['relu-pe'], numbers['tanh']];
    const [paperEncoded, paperPlain] = [published['relu-pe'], published.tanh];
    if (!(encoded && plain && paperEncoded && paperPlain)) return [];
    const lead = paperEncoded[quantity] - paperPlain[quantity];
    return [
      {
        what: `PSNR of the ${what}: ReLU P.E. ahead of tanh`,
        unit: 'dB',
        obtained: encoded[quantity] - plain[quantity],
        published: lead,
        ...(lead > 0 ? { atLeast: 0 } : { because: 'not judged: the paper itself has tanh ahead here' }),
      },
    ];
  });

const evaluate = async (
  options: PoissonExperimentOptions,
  context: ExperimentContext,
  picture: LoadedPicture,
  fits: Readonly<Record<string, FittedField>>,
): Promise<Findings> => {
  const { supervision, published } = options;
  const truth = pictureDerivatives(picture);
  const numbers: Record<string, PoissonPsnr> = {};
  const groups: PictureGroup[] = [];
  for (const name of networkNames(Object.keys(fits))) {
    const fitted = fits[name] as FittedField;
    const shape = [picture.height, picture.width];
    const jet = await sampleJet(fitted.model, { shape, grid: pictureGrid, signal: context.signal });
    const reconstruction = reconstruct(jet, truth, supervision);
    numbers[name] = reconstruction.psnr;
    groups.push(pictures(fitted, picture, truth, reconstruction));
  }
  const what = poissonQuantities.map(([, name]) => name);
  return {
    numbers,
    tables: [
      {
        title: `PSNR by network (dB), supervised by the ${supervision === 'gradient' ? 'gradient' : 'Laplacian'}`,
        corner: 'network',
        columns: [...what, ...what.map(name => `paper: ${name}`)],
        rows: networkNames(Object.keys(numbers)).map(name => ({
          name: networkLabels[name],
          cells: [
            ...poissonQuantities.map(([quantity]) => numbers[name]?.[quantity]),
            ...poissonQuantities.map(([quantity]) => published[name]?.[quantity]),
          ],
        })),
        caption: 'The paper fits another picture, of 256 x 256 pixels, for 10,000 steps.',
      },
    ],
    checks: [
      ...leadChecks(numbers, options),
      ...baselineChecks(numbers, options),
      ...(options.checks?.(context, picture, numbers) ?? []),
    ],
    pictures: [
      {
        title: 'The picture that no network has seen',
        text: 'Left what is to be recovered, and its derivatives, of which the networks were shown one.',
        pixelated: true,
        pictures: [
          { name: 'picture', title: 'Picture', image: picture.image },
          {
            name: 'picture-gradient',
            title: 'Gradient',
            image: showGradient(truth.gradient, picture),
            caption: " Its length, by Sobel's filter.",
          },
          {
            name: 'picture-laplacian',
            title: 'Laplacian',
            image: showSigned(truth.laplacian, picture),
            caption: ' By second differences; grey is 0.',
          },
        ],
      },
      ...groups,
    ],
    plots: [],
    notes: [poissonDefinitions[supervision], poissonDefinitions.picture, picturePsnrDefinition, rangePsnrDefinition],
  };
};

const prepare = async (options: PoissonExperimentOptions, context: ExperimentContext): Promise<ExperimentPlan> => {
  const { settings } = context;
  const { hiddenFeatures, hiddenLayers, steps, seed, learningRate, learningRates } = settings;
  const picture = await loadPicture(context.imageFile, settings);
  const truth = pictureDerivatives(picture);
  const samples = Math.min(picture.width, picture.height);
  return {
    notes: [picture.note, ...(learningRates ? [ownRates] : [])],
    fits: networkNames(context.networks).map(name => ({
      name,
      label: networkLabels[name],
      spec: networkSpec(name, { inFeatures: 2, outFeatures: 1, hiddenFeatures, hiddenLayers, samples }),
      extensions: networkExtensions,
      terms: () => [termOf(picture, truth, options.supervision)],
      identity: {
        [options.supervision]: hashNumbers(truth[options.supervision], [
          fittedScale[options.supervision],
          picture.width,
        ]),
      },
      steps,
      seed,
      optimizer: adam({ learningRate: learningRates?.[name] ?? learningRate }),
      signal: pictureDescription(picture),
    })),
    evaluate: fits => evaluate(options, context, picture, fits),
  };
};

/** Makes an experiment on Poisson's equation. */
export const poissonExperiment = (options: PoissonExperimentOptions): Experiment => {
  const { id, title, source, summary, data, profiles } = options;
  return {
    id,
    title,
    source,
    summary,
    data,
    networks: poissonNetworks,
    takes: ['image'],
    sizes: { least: 2, most: 8192 },
    profiles,
    prepare: context => prepare(options, context),
  };
};
