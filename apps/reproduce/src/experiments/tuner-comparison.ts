/**
 * @file Periodic, bounded fields against SIREN of the same width, on several pictures, each at its best learning rate.
 */
import { integer, plural } from '@neural-fields/app-kit';
import { createRng, siren } from '@neural-fields/core';
import { type Bounds, tuner } from '@neural-fields/periodic-init';
import { coordinateGradient } from '@neural-fields/signals';
import ndarray from 'ndarray';
import type {
  Experiment,
  ExperimentContext,
  ExperimentPlan,
  FitPlan,
  FittedField,
  OwnOption,
} from '../frame/experiment.ts';
import type { Check, Table, TableRow } from '../frame/findings.ts';
import { picturePsnr, picturePsnrDefinition, rangePsnr, rangePsnrDefinition } from '../shared/decibels.ts';
import { formatMean, meanOf, winsOf } from '../shared/paired-statistics.ts';
import { pictureGrid } from '../shared/pictures.ts';
import { sampleJet } from '../shared/sample-jet.ts';
import { loadPictures, type NamedPicture } from '../shared/several-pictures.ts';
import { boundAt } from '../shared/tuner-frequencies.ts';
import {
  fittedPixels,
  heldOutShare,
  INPUT_SHARE,
  maskedPicture,
  networkSize,
  select,
  type TunerVariant,
  tunerFit,
  tunerSize,
} from '../shared/tuner-picture.ts';

type Own = 'heldOutShare' | 'seeds';

const seedCount: OwnOption = {
  what: 'number of seeds, from --seed on',
  argument: '<n>',
  parse: integer(1, 100),
  values: { quick: 5, paper: 5 },
};

/** The learning rates from which each network gets its best. */
const RATES = [5e-4, 1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2];

const periodic = (name: string, label: string, limits: Bounds): TunerVariant => ({
  name,
  label,
  bounds: limits,
  spec: size => tuner({ ...networkSize(size), maxFrequency: boundAt(size, INPUT_SHARE), seed: size.seed }),
});

const SIREN = 'siren';

const variants: readonly TunerVariant[] = [
  periodic('bounded', 'periodic, bounds 1 and 0.6', { low: 1, high: 0.6 }),
  periodic('tight', 'periodic, bounds 0.5 and 0.2', { low: 0.5, high: 0.2 }),
  { name: SIREN, label: 'SIREN', spec: size => siren(networkSize(size)) },
];

/** The measurements of a fit, in dB. */
type Measured = Readonly<Record<'fitted' | 'validation' | 'heldOut' | 'gradient', number>>;

/** Marks of pixels. */
const [HELD_OUT, FITTED, VALIDATION] = [0, 1, 2];

/** One fit, and what it is compared by. */
interface Case {
  readonly picture: NamedPicture;
  readonly variant: TunerVariant;
  readonly rate: number;
  readonly seed: number;
  readonly plan: FitPlan;
  /** {@link FITTED}, or in equal parts {@link HELD_OUT} and {@link VALIDATION}. */
  readonly marks: Uint8Array;
}

/** Divides the pixels: half of those that are not fitted choose the learning rate, the other half are compared. */
const markPixels = (count: number, seed: number, share: number): Uint8Array => {
  const rng = createRng(seed).fork('validation pixels');
  return fittedPixels(count, seed, share).map((mark, i) =>
    mark === FITTED || i === count - 1 || rng.uniform() < 0.5 ? mark : VALIDATION,
  );
};

const casesOf = (pictures: readonly NamedPicture[], context: ExperimentContext<Own>): readonly Case[] => {
  const { settings, networks } = context;
  const { steps, own, learningRate, learningRates } = settings;
  const rates = learningRates === undefined ? [learningRate] : RATES;
  const first = new Map<string, string>();
  const cases: Case[] = [];
  for (const named of pictures) {
    const { picture } = named;
    for (let seed = settings.seed; seed < settings.seed + own.seeds; seed++) {
      const marks = markPixels(picture.width * picture.height, seed, own.heldOutShare);
      const masked = maskedPicture(
        picture,
        marks.map(mark => (mark === FITTED ? 1 : 0)),
      );
      for (const variant of variants.filter(({ name }) => networks.includes(name))) {
        const spec = variant.spec(tunerSize(picture, { ...settings, seed }));
        for (const rate of rates) {
          const name = `${named.name}-${variant.name}-${String(rate).replace('.', '-')}-${seed}`;
          const variantOf = first.get(variant.name);
          if (variantOf === undefined) first.set(variant.name, name);
          cases.push({
            picture: named,
            variant,
            rate,
            seed,
            marks,
            plan: {
              name,
              label: `${named.name}, ${variant.label}, rate ${rate}, seed ${seed}`,
              ...tunerFit(masked, { spec, bounds: variant.bounds }, { steps, seed, learningRate: rate }),
              ...(variantOf !== undefined && { variantOf }),
            },
          });
        }
      }
    }
  }
  return cases;
};

/** The measurements of the cases of one picture and network, by learning rate and in the order of the seeds. */
interface Group {
  readonly picture: string;
  readonly variant: TunerVariant;
  readonly byRate: ReadonlyMap<number, readonly Measured[]>;
  /** The rate with the best mean PSNR at the validation pixels. */
  readonly best: number;
  /** The measurements at that rate. */
  readonly measured: readonly Measured[];
}

const groupOf = (cases: readonly (Case & { readonly measured: Measured })[]): Group => {
  const { picture, variant } = cases[0] as Case;
  const byRate = new Map<number, Measured[]>();
  for (const { rate, measured } of cases) byRate.set(rate, [...(byRate.get(rate) ?? []), measured]);
  const validation = (rate: number): number => meanOf((byRate.get(rate) ?? []).map(each => each.validation));
  const [best] = [...byRate.keys()].sort((a, b) => validation(b) - validation(a)) as [number];
  return { picture: picture.name, variant, byRate, best, measured: byRate.get(best) ?? [] };
};

const columnOf = (group: Group, name: keyof Measured): readonly number[] => group.measured.map(each => each[name]);

const sweepTable = (groups: readonly Group[], pictures: readonly string[]): Table => {
  const named = variants.filter(({ name }) => groups.some(({ variant }) => variant.name === name));
  const rates = [...(groups[0]?.byRate.keys() ?? [])];
  return {
    title: 'Mean PSNR at the pixels that choose the learning rate (dB)',
    corner: 'network, rate',
    columns: pictures,
    rows: named.flatMap(({ name, label }) =>
      rates.map((rate): TableRow => {
        const own = groups.filter(({ variant }) => variant.name === name);
        const cell = (picture: string): string => {
          const group = own.find(each => each.picture === picture) as Group;
          const mean = meanOf((group.byRate.get(rate) ?? []).map(({ validation }) => validation)).toFixed(2);
          return rate === group.best ? `${mean} best` : mean;
        };
        return { name: `${label}, ${rate}`, cells: pictures.map(cell) };
      }),
    ),
  };
};

const resultTable = (groups: readonly Group[]): Table => ({
  title: 'PSNR at the best rates, mean and standard deviation over the seeds (dB)',
  corner: 'picture, network',
  columns: ['rate', 'fitted pixels', 'held-out pixels', 'gradient'],
  rows: groups.map(group => ({
    name: `${group.picture}, ${group.variant.label}`,
    cells: [
      String(group.best),
      ...(['fitted', 'heldOut', 'gradient'] as const).map(name => formatMean(columnOf(group, name))),
    ],
  })),
});

/** The network and SIREN on the same picture, with the same seeds. */
interface Pair {
  readonly own: Group;
  readonly siren: Group;
}

const differencesOf = ({ own, siren: other }: Pair, name: keyof Measured): readonly number[] => {
  const others = columnOf(other, name);
  return columnOf(own, name).map((value, i) => value - (others[i] as number));
};

const winsText = ({ own, siren: other }: Pair, name: keyof Measured): string =>
  `${winsOf(columnOf(own, name), columnOf(other, name))} of ${own.measured.length}`;

const pairTable = (pairs: readonly Pair[]): Table => ({
  title: 'Ahead of SIREN with the same seed: mean and standard deviation (dB), and in how many seeds',
  corner: 'picture, network',
  columns: ['held-out pixels', 'wins', 'gradient', 'wins', 'fitted pixels', 'wins'],
  rows: pairs.map(pair => ({
    name: `${pair.own.picture}, ${pair.own.variant.label}`,
    cells: (['heldOut', 'gradient', 'fitted'] as const).flatMap(name => [
      formatMean(differencesOf(pair, name)),
      winsText(pair, name),
    ]),
  })),
});

const checksOf = (pairs: readonly Pair[]): readonly Check[] =>
  pairs.flatMap(pair =>
    (['heldOut', 'gradient'] as const).map(name => ({
      what: `${pair.own.picture}: ${pair.own.variant.name} ahead of siren, ${name === 'heldOut' ? 'held-out pixels' : 'gradient'}`,
      unit: 'dB',
      obtained: meanOf(differencesOf(pair, name)),
      atLeast: 0,
      because: 'the claim that is tested: fields with a controlled spectrum have less noise between the samples',
    })),
  );

const prepare = async (context: ExperimentContext<Own>): Promise<ExperimentPlan> => {
  const pictures = await loadPictures(context);
  const cases = casesOf(pictures, context);
  const evaluate: ExperimentPlan['evaluate'] = async fits => {
    const gradients = new Map(
      pictures.map(({ name, picture: { image, width, height } }) => {
        const truth = Float32Array.from(image.data, value => 2 * value - 1);
        return [name, { truth, gradient: coordinateGradient(ndarray(truth, [height, width, 1]), pictureGrid).data }];
      }),
    );
    const measured: (Case & { readonly measured: Measured })[] = [];
    for (const each of cases) {
      const { model: field } = fits[each.plan.name] as FittedField;
      const { width, height } = each.picture.picture;
      const { truth, gradient } = gradients.get(each.picture.name) as { truth: Float32Array; gradient: Float32Array };
      const jet = await sampleJet(field, { shape: [height, width], grid: pictureGrid, signal: context.signal });
      const psnrAt = (mark: number): number =>
        picturePsnr(select(jet.value, each.marks, mark), select(truth, each.marks, mark));
      measured.push({
        ...each,
        measured: {
          fitted: psnrAt(FITTED as number),
          validation: psnrAt(VALIDATION as number),
          heldOut: psnrAt(HELD_OUT as number),
          gradient: rangePsnr(jet.gradient, gradient),
        },
      });
    }
    const names = pictures.map(({ name }) => name);
    const chosen = variants.filter(({ name }) => context.networks.includes(name));
    const groups = names.flatMap(picture =>
      chosen.map(({ name }) =>
        groupOf(measured.filter(each => each.picture.name === picture && each.variant.name === name)),
      ),
    );
    const pairs = groups.flatMap((own): Pair[] => {
      const other = groups.find(({ picture, variant }) => picture === own.picture && variant.name === SIREN);
      return own.variant.name === SIREN || other === undefined ? [] : [{ own, siren: other }];
    });
    return {
      numbers: Object.fromEntries(
        groups.map(group => [
          `${group.picture}-${group.variant.name}`,
          {
            rate: group.best,
            fitted: meanOf(columnOf(group, 'fitted')),
            heldOut: meanOf(columnOf(group, 'heldOut')),
            gradient: meanOf(columnOf(group, 'gradient')),
          },
        ]),
      ),
      tables: [sweepTable(groups, names), resultTable(groups), ...(pairs.length > 0 ? [pairTable(pairs)] : [])],
      checks: checksOf(pairs),
      pictures: [
        {
          title: 'Pictures',
          pixelated: true,
          pictures: pictures.map(({ name, picture }) => ({ name, title: name, image: picture.image })),
        },
      ],
      plots: [],
      notes: [
        picturePsnrDefinition,
        rangePsnrDefinition,
        'Of the pixels that are not fitted, half choose the learning rate of a network on a picture, by their mean PSNR over the seeds; the held-out pixels are the other half.',
        'The gradient is compared at all pixels, fitted or not, with central differences of the picture.',
        'A seed determines the initial parameters, the input frequencies and the pixels that are held out. Networks have the same width; the input frequencies of the periodic ones are not trained.',
      ],
    };
  };
  const { settings } = context;
  const rates = settings.learningRates === undefined ? [settings.learningRate] : RATES;
  return {
    notes: [
      ...pictures.map(({ picture }) => picture.note),
      `learning rates ${rates.join(', ')}, ${plural(settings.own.seeds, 'seed')}: ${plural(cases.length, 'fit')}`,
    ],
    fits: cases.map(({ plan }) => plan),
    evaluate,
  };
};

/** The experiment. */
export const tunerComparison: Experiment<Own> = {
  id: 'tuner-comparison',
  title: 'Periodic, bounded fields against SIREN',
  source: 'Novello et al. 2025, arXiv:2407.21121, table 2',
  summary:
    'Networks of two layers of sines on several pictures over several seeds, each at the learning rate that is best for it: the values at pixels that were not fitted, and the gradient.',
  data: 'three photographs of 1865 to 1928, or --image or --images, grey in [-1, 1]; three quarters of the pixels in every step',
  networks: variants.map(({ name }) => name),
  takes: ['image', 'images'],
  sizes: { least: 8, most: 8192 },
  profiles: {
    // An empty table of rates: each network gets its best.
    quick: { size: 64, steps: 300, hiddenFeatures: 64, hiddenLayers: 1, learningRate: 1e-3, learningRates: {} },
    paper: { size: 480, steps: 5000, hiddenFeatures: 256, hiddenLayers: 1, learningRate: 5e-4, learningRates: {} },
  },
  options: { heldOutShare, seeds: seedCount },
  prepare,
};
