/** @file Hidden units removed from a fitted SIREN by every criterion, compared with the small network, over seeds. */
import { integer } from '@neural-fields/app-kit';
import { createField, type Field, type FieldSpec, parameterLayout, siren } from '@neural-fields/core';
import { type CriterionName, criteria, prune } from '@neural-fields/pruning';
import type {
  Experiment,
  ExperimentContext,
  ExperimentPlan,
  FitPlan,
  FittedField,
  OwnOption,
  Training,
  TrainingReport,
} from '../frame/experiment.ts';
import type { Check, Table } from '../frame/findings.ts';
import { picturePsnr, picturePsnrDefinition } from '../shared/decibels.ts';
import { formatMean, meanOf, winsOf } from '../shared/paired-statistics.ts';
import { type LoadedPicture, loadPicture, pictureGrid } from '../shared/pictures.ts';
import { after, fitFirst, scheduleOptions } from '../shared/pruned-training.ts';
import { sampleJet } from '../shared/sample-jet.ts';
import { measureSize, type SizeAndTime, sizeColumns } from '../shared/size-and-time.ts';
import { fittedPixels, heldOutShare, maskedPicture, select, tunerFit } from '../shared/tuner-picture.ts';

type Own = 'heldOutShare' | 'seeds' | 'keptShare';

/** The number of seeds, from --seed on. */
const seedCount: OwnOption = {
  what: 'number of seeds, from --seed on',
  argument: '<n>',
  parse: integer(1, 100),
  values: { quick: 3, paper: 5 },
};

const keptPercent: OwnOption = {
  what: 'percentage of the parameters that pruning keeps',
  argument: '<n>',
  parse: integer(1, 99),
  values: { quick: 20, paper: 20 },
};

/** The steps before the first removal, and those after the last one, as shares of all. */
const [BEFORE, AFTER] = [0.4, 0.4];
const ROUNDS = 5;

const SCRATCH = 'scratch';

/** Each network with its name in the tables, and the criterion of a pruned one. */
const variants: readonly { readonly name: string; readonly label: string; readonly criterion?: CriterionName }[] = [
  { name: 'outgoing', label: 'pruned by outgoing norm', criterion: 'outgoing' },
  { name: 'bessel', label: 'pruned by Bessel bound', criterion: 'bessel' },
  { name: 'gradient', label: 'pruned by gradient times weight', criterion: 'gradient' },
  { name: 'magnitude', label: 'pruned by magnitude', criterion: 'magnitude' },
  { name: 'random', label: 'pruned at random', criterion: 'random' },
  { name: SCRATCH, label: 'small from the beginning' },
  { name: 'whole', label: 'not pruned' },
];

type Size = Pick<ExperimentContext['settings'], 'hiddenFeatures' | 'hiddenLayers'>;

const specOf = ({ hiddenFeatures, hiddenLayers }: Size): FieldSpec =>
  siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures, hiddenLayers });

const parametersOf = (size: Size): number => parameterLayout(specOf(size)).size;

/** The widest network of at most so many parameters. */
const smallSize = (size: Size, parameters: number): Size => {
  let hiddenFeatures = size.hiddenFeatures;
  while (hiddenFeatures > 1 && parametersOf({ ...size, hiddenFeatures }) > parameters) hiddenFeatures -= 1;
  return { ...size, hiddenFeatures };
};

/** Fits the whole network, removes units in rounds of the fit, and fits on: as many steps as a fit without that. */
async function* trainPruned(
  training: Training,
  spec: FieldSpec,
  {
    criterion,
    parameters,
    seed,
  }: { readonly criterion: CriterionName; readonly parameters: number; readonly seed: number },
): AsyncGenerator<TrainingReport, Field, undefined> {
  const { steps } = training.options;
  const first = Math.max(1, Math.round(BEFORE * steps));
  const finalSteps = Math.max(1, Math.round(AFTER * steps));
  const stepsPerRound = Math.max(1, Math.floor((steps - first - finalSteps) / (ROUNDS - 1)));
  const field = createField(spec, { seed });
  try {
    yield* fitFirst(field, training, { steps: first });
    const schedule = prune(field, training.terms, {
      ...scheduleOptions(training),
      parameters,
      criterion: criteria[criterion]({ terms: training.terms, seed }),
      rounds: ROUNDS,
      stepsPerRound,
      finalSteps,
    });
    return yield* after(first, schedule);
  } finally {
    field.dispose();
  }
}

/** One fit, and the mask of its pixels: 1 where they are fitted. */
interface Case {
  readonly variant: (typeof variants)[number];
  readonly mask: Uint8Array;
  readonly plan: FitPlan;
}

const casesOf = (picture: LoadedPicture, { settings, networks }: ExperimentContext<Own>): readonly Case[] => {
  const { steps, own, learningRate, learningRates } = settings;
  const parameters = Math.floor((own.keptShare / 100) * parametersOf(settings));
  const specs = { whole: specOf(settings), small: specOf(smallSize(settings, parameters)) };
  const cases: Case[] = [];
  for (const variant of variants.filter(({ name }) => networks.includes(name)))
    for (let seed = settings.seed; seed < settings.seed + own.seeds; seed++) {
      const mask = fittedPixels(picture.width * picture.height, seed, own.heldOutShare);
      const { name, label, criterion } = variant;
      const spec = name === SCRATCH ? specs.small : specs.whole;
      const rate = learningRates?.[name] ?? learningRate;
      const plan = tunerFit(maskedPicture(picture, mask), { spec }, { steps, seed, learningRate: rate });
      cases.push({
        variant,
        mask,
        plan: {
          name: `${name}-${seed}`,
          label: `${label}, seed ${seed}`,
          ...plan,
          ...(seed > settings.seed && { variantOf: `${name}-${settings.seed}` }),
          ...(criterion && {
            identity: { ...plan.identity, training: `pruned to ${parameters} by ${criterion}, ${ROUNDS} rounds` },
            train: (training: Training) => trainPruned(training, spec, { criterion, parameters, seed }),
          }),
        },
      });
    }
  return cases;
};

/** What is measured of a fit. */
interface Measured extends SizeAndTime {
  readonly variant: Case['variant'];
  /** PSNR in dB. */
  readonly fitted: number;
  readonly heldOut: number;
}

const columnOf = (
  all: readonly Measured[],
  network: string,
  name: 'fitted' | 'heldOut' | keyof SizeAndTime,
): readonly number[] => all.filter(({ variant }) => variant.name === network).map(each => each[name]);

const qualityTable = (all: readonly Measured[], chosen: typeof variants): Table => {
  const others = { fitted: columnOf(all, SCRATCH, 'fitted'), heldOut: columnOf(all, SCRATCH, 'heldOut') };
  return {
    title: 'PSNR, and how far it is ahead of that of the small network with the same seed: mean and deviation (dB)',
    corner: 'network',
    columns: ['fitted pixels', 'ahead', 'wins', 'held-out pixels', 'ahead', 'wins'],
    rows: chosen.map(({ name, label }) => ({
      name: label,
      cells: (['fitted', 'heldOut'] as const).flatMap(quantity => {
        const own = columnOf(all, name, quantity);
        const other = others[quantity];
        if (name === SCRATCH || other.length === 0) return [formatMean(own), undefined, undefined];
        const ahead = own.map((value, i) => value - (other[i] as number));
        return [formatMean(own), formatMean(ahead), `${winsOf(own, other)} of ${own.length}`];
      }),
    })),
  };
};

const sizeTable = (all: readonly Measured[], chosen: typeof variants): Table => ({
  title: 'Size and time: means over the seeds',
  corner: 'network',
  columns: sizeColumns.map(({ title }) => title),
  rows: chosen.map(({ name, label }) => ({
    name: label,
    cells: sizeColumns.map(({ key, digits }) => meanOf(columnOf(all, name, key)).toFixed(digits)),
  })),
  caption: 'The training includes the removals and all steps. On a machine that does other work, the times say little.',
});

const checksOf = (all: readonly Measured[], chosen: typeof variants): readonly Check[] => {
  const small = columnOf(all, SCRATCH, 'fitted');
  if (small.length === 0) return [];
  return chosen
    .filter(({ criterion }) => criterion !== undefined)
    .map(({ name }) => ({
      what: `PSNR of fitted pixels: pruned by ${name} ahead of the small network`,
      unit: 'dB',
      obtained: meanOf(columnOf(all, name, 'fitted')) - meanOf(small),
      ...(name === 'outgoing' && { atLeast: -1 }),
      because:
        name === 'outgoing'
          ? 'pruning should stay within 1 dB of the network that is trained at that size'
          : 'shown, not judged: a baseline for the criterion that is the default',
    }));
};

const prepare = async (context: ExperimentContext<Own>): Promise<ExperimentPlan> => {
  const { settings, signal } = context;
  const picture = await loadPicture(context.imageFile, settings);
  const cases = casesOf(picture, context);
  const evaluate: ExperimentPlan['evaluate'] = async fits => {
    const truth = Float32Array.from(picture.image.data, value => 2 * value - 1);
    const measured: Measured[] = [];
    for (const { variant, mask, plan } of cases) {
      const fitted = fits[plan.name] as FittedField;
      const shape = [picture.height, picture.width] as const;
      const { value } = await sampleJet(fitted.model, { shape, grid: pictureGrid, signal });
      const psnrAt = (wanted: 0 | 1): number => picturePsnr(select(value, mask, wanted), select(truth, mask, wanted));
      measured.push({ variant, fitted: psnrAt(1), heldOut: psnrAt(0), ...(await measureSize(fitted, signal)) });
    }
    const chosen = variants.filter(({ name }) => context.networks.includes(name));
    return {
      numbers: Object.fromEntries(
        chosen.map(({ name }) => [
          name,
          { fitted: meanOf(columnOf(measured, name, 'fitted')), heldOut: meanOf(columnOf(measured, name, 'heldOut')) },
        ]),
      ),
      tables: [qualityTable(measured, chosen), sizeTable(measured, chosen)],
      checks: checksOf(measured, chosen),
      pictures: [],
      plots: [],
      notes: [
        picturePsnrDefinition,
        `Pruned networks are fitted for ${100 * BEFORE} % of the steps, lose units of all layers in ${ROUNDS} rounds over the next ${Math.round(100 * (1 - BEFORE - AFTER))} %, and are fitted for the rest; all networks get the same number of steps.`,
        'A seed determines the initial parameters, the pixels that are held out, and the random choice.',
      ],
    };
  };
  return {
    notes: [picture.note, `pruned to ${settings.own.keptShare} % of ${parametersOf(settings)} parameters`],
    fits: cases.map(({ plan }) => plan),
    evaluate,
  };
};

/** The experiment. */
export const tunerCriteria: Experiment<Own> = {
  id: 'tuner-criteria',
  title: 'Criteria of pruning',
  source: 'the questions of the reviews of AIRe, Novello et al. 2025, arXiv:2510.23943: other criteria, times, latency',
  summary:
    'Four fifths of the parameters of a SIREN are removed in five rounds of a fit, as whole units of all layers, by each criterion and at random, and compared with the small network trained from the beginning: the same number of steps for all, over several seeds.',
  data: 'a photograph of 1865-1870, grey in [-1, 1]; three quarters of its pixels in every step',
  networks: variants.map(({ name }) => name),
  takes: ['image'],
  sizes: { least: 8, most: 8192 },
  profiles: {
    quick: { size: 96, steps: 500, hiddenFeatures: 64, hiddenLayers: 2, learningRate: 1e-3 },
    paper: { size: 480, steps: 5000, hiddenFeatures: 256, hiddenLayers: 2, learningRate: 5e-4 },
  },
  options: { heldOutShare, seeds: seedCount, keptShare: keptPercent },
  prepare,
};
