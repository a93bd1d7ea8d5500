/** @file The paper's table on Kodak's pictures: values and gradients, at fitted and at held-out pixels. */
import { siren } from '@neural-fields/core';
import { networkExtensions, networkPreset } from '@neural-fields/networks';
import { tuner } from '@neural-fields/periodic-init';
import { coordinateGradient } from '@neural-fields/signals';
import ndarray from 'ndarray';
import type { Experiment, ExperimentContext, ExperimentPlan, FitPlan, FittedField } from '../frame/experiment.ts';
import type { Check, Table } from '../frame/findings.ts';
import { picturePsnr, picturePsnrDefinition, rangePsnr, rangePsnrDefinition } from '../shared/decibels.ts';
import { meanOf } from '../shared/paired-statistics.ts';
import { pictureGrid } from '../shared/pictures.ts';
import { sampleJet } from '../shared/sample-jet.ts';
import { loadPictures, type NamedPicture } from '../shared/several-pictures.ts';
import { showSignal } from '../shared/show.ts';
import { boundAt } from '../shared/tuner-frequencies.ts';
import {
  fittedPixels,
  heldOutShare,
  INPUT_SHARE,
  maskedPicture,
  networkSize,
  select,
  type TunerOwn,
  type TunerVariant,
  tunerFit,
  tunerSize,
} from '../shared/tuner-picture.ts';

/** PSNRs in dB. */
type Measured = Readonly<Record<'fitted' | 'fittedGradient' | 'heldOut' | 'heldOutGradient', number>>;

const names: Readonly<Record<keyof Measured, string>> = {
  fitted: 'fitted pixels',
  fittedGradient: 'gradient at fitted pixels',
  heldOut: 'held-out pixels',
  heldOutGradient: 'gradient at held-out pixels',
};

const measures = ['fitted', 'fittedGradient', 'heldOut', 'heldOutGradient'] as const;

/** A network, and what the paper's table has for it. */
interface Compared extends TunerVariant {
  readonly published: Measured;
}

const compared: readonly Compared[] = [
  {
    name: 'tuner',
    label: 'TUNER, bounds 1 and 0.6',
    bounds: { low: 1, high: 0.6 },
    spec: size => tuner({ ...networkSize(size), maxFrequency: boundAt(size, INPUT_SHARE), seed: size.seed }),
    published: { fitted: 34.3, fittedGradient: 28.9, heldOut: 33.4, heldOutGradient: 28.4 },
  },
  {
    name: 'siren',
    label: 'SIREN',
    spec: size => siren(networkSize(size)),
    published: { fitted: 34.0, fittedGradient: 27.7, heldOut: 32.9, heldOutGradient: 27.1 },
  },
  {
    name: 'bacon',
    label: 'BACON',
    spec: size => {
      const { picture, hiddenFeatures, hiddenLayers } = size;
      const bandLimit = Math.max(2, Math.floor(Math.min(...picture.shape) / 2));
      return networkPreset('bacon').spec(size, { hiddenFeatures, hiddenLayers: hiddenLayers + 1, bandLimit });
    },
    published: { fitted: 26.4, fittedGradient: 22.4, heldOut: 25.4, heldOutGradient: 22.3 },
  },
];

/** One fit of a picture. */
interface Case {
  readonly named: NamedPicture;
  readonly variant: Compared;
  readonly mask: Uint8Array;
  readonly plan: FitPlan;
}

const casesOf = (pictures: readonly NamedPicture[], context: ExperimentContext<TunerOwn>): readonly Case[] => {
  const { settings, networks } = context;
  const { steps, seed, learningRate, learningRates = {}, own } = settings;
  return pictures.flatMap((named): readonly Case[] => {
    const { width, height } = named.picture;
    const mask = fittedPixels(width * height, seed, own.heldOutShare);
    const masked = maskedPicture(named.picture, mask);
    const size = tunerSize(named.picture, settings);
    return compared
      .filter(({ name }) => networks.includes(name))
      .map(variant => {
        const network = { spec: variant.spec(size), bounds: variant.bounds };
        const rate = learningRates[variant.name] ?? learningRate;
        const plan: FitPlan = {
          ...tunerFit(masked, network, { steps, seed, learningRate: rate }),
          name: `${named.name}-${variant.name}`,
          label: `${named.name}, ${variant.label}`,
          extensions: networkExtensions,
          ...(named !== pictures[0] && { variantOf: `${pictures[0]?.name}-${variant.name}` }),
        };
        return { named, variant, mask, plan };
      });
  });
};

/** The gradients at the pixels with a mark, of two components each. */
const gradientsAt = (gradient: ArrayLike<number>, mask: Uint8Array, wanted: 0 | 1): Float32Array =>
  Float32Array.from(gradient).filter((_, i) => mask[i >> 1] === wanted);

const cellsOf = (measured: Measured): readonly number[] => measures.map(name => measured[name]);

const meanMeasured = (all: readonly Measured[]): Measured => {
  const mean = (name: keyof Measured): number => meanOf(all.map(each => each[name]));
  return {
    fitted: mean('fitted'),
    fittedGradient: mean('fittedGradient'),
    heldOut: mean('heldOut'),
    heldOutGradient: mean('heldOutGradient'),
  };
};

const checksOf = (means: Readonly<Record<string, Measured>>): readonly Check[] =>
  (['siren', 'bacon'] as const).flatMap(other => {
    const [own, others] = [means['tuner'], means[other]];
    const [published, publishedOther] = ['tuner', other].map(
      wanted => compared.find(({ name }) => name === wanted)?.published as Measured,
    ) as [Measured, Measured];
    if (own === undefined || others === undefined) return [];
    return measures.map(name => ({
      what: `${names[name]}: tuner ahead of ${other}`,
      unit: 'dB',
      obtained: own[name] - others[name],
      published: published[name] - publishedOther[name],
      because: 'shown, not judged: other pictures, smaller networks, fewer steps',
    }));
  });

const prepare = async (context: ExperimentContext<TunerOwn>): Promise<ExperimentPlan> => {
  const pictures = await loadPictures(context);
  const cases = casesOf(pictures, context);
  const evaluate: ExperimentPlan['evaluate'] = async fits => {
    const found: { readonly of: Case; readonly measured: Measured; readonly value: Float32Array }[] = [];
    for (const each of cases) {
      const { image, width, height } = each.named.picture;
      const truth = Float32Array.from(image.data, value => 2 * value - 1);
      const gradient = coordinateGradient(ndarray(truth, [height, width, 1]), pictureGrid).data;
      const { model: field } = fits[each.plan.name] as FittedField;
      const jet = await sampleJet(field, { shape: [height, width], grid: pictureGrid, signal: context.signal });
      const at = (wanted: 0 | 1): readonly [number, number] => [
        picturePsnr(select(jet.value, each.mask, wanted), select(truth, each.mask, wanted)),
        rangePsnr(gradientsAt(jet.gradient, each.mask, wanted), gradientsAt(gradient, each.mask, wanted)),
      ];
      const [[fitted, fittedGradient], [heldOut, heldOutGradient]] = [at(1), at(0)];
      found.push({ of: each, measured: { fitted, fittedGradient, heldOut, heldOutGradient }, value: jet.value });
    }
    const chosen = compared.filter(({ name }) => context.networks.includes(name));
    const means = Object.fromEntries(
      chosen.map(({ name }) => [
        name,
        meanMeasured(found.filter(({ of }) => of.variant.name === name).map(({ measured }) => measured)),
      ]),
    );
    const columns = measures.map(name => names[name]);
    const tables: readonly Table[] = [
      {
        title: 'PSNR, mean over the pictures (dB)',
        corner: 'network',
        columns,
        rows: chosen.flatMap(({ name, label, published }) => [
          { name: label, cells: cellsOf(means[name] as Measured) },
          { name: `${label}, published`, cells: cellsOf(published) },
        ]),
        caption: 'Published: the pictures of Kodak at 512 x 512, networks 416 wide.',
      },
      {
        title: 'PSNR of each picture (dB)',
        corner: 'picture, network',
        columns,
        rows: found.map(({ of, measured }) => ({ name: of.plan.label, cells: cellsOf(measured) })),
      },
    ];
    return {
      numbers: means,
      tables,
      checks: checksOf(means),
      pictures: pictures.map(({ name, picture }) => ({
        title: name,
        pixelated: true,
        pictures: [
          { name, title: 'Picture', image: picture.image },
          ...found
            .filter(({ of }) => of.named.name === name)
            .map(({ of, value }) => ({
              name: of.plan.name,
              title: of.variant.label,
              image: showSignal(value, picture),
            })),
        ],
      })),
      plots: [],
      notes: [
        picturePsnrDefinition,
        rangePsnrDefinition,
        'The gradient is compared with central differences of the picture, which use neighbours of both kinds.',
      ],
    };
  };
  return { notes: pictures.map(({ picture }) => picture.note), fits: cases.map(({ plan }) => plan), evaluate };
};

/** The experiment. */
export const tunerKodak: Experiment<TunerOwn> = {
  id: 'tuner-kodak',
  title: 'The table on Kodak',
  source: 'Novello et al. 2025, arXiv:2407.21121, table 2',
  summary:
    'TUNER, SIREN and BACON on several pictures, of which a part of the pixels is held out; with --images on the pictures of Kodak.',
  data: 'three photographs of 1865 to 1928, or --image or --images, grey in [-1, 1]; three quarters of the pixels in every step',
  networks: compared.map(({ name }) => name),
  takes: ['image', 'images'],
  sizes: { least: 8, most: 8192 },
  profiles: {
    // The rates with the best PSNR at held-out pixels in `tuner-comparison`; BACON has its paper's.
    quick: {
      size: 64,
      steps: 300,
      hiddenFeatures: 64,
      hiddenLayers: 1,
      learningRate: 1e-3,
      learningRates: { bacon: 5e-3 },
    },
    paper: {
      size: 480,
      steps: 5000,
      hiddenFeatures: 416,
      hiddenLayers: 1,
      learningRate: 5e-4,
      learningRates: { bacon: 5e-3 },
    },
  },
  options: { heldOutShare },
  prepare,
};
