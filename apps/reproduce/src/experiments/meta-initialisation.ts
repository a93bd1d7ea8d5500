/** @file A learned initialisation: fields that fit a new digit in a few steps of gradient descent. */
import {
  adam,
  cosine,
  createFieldBatch,
  type FieldSpec,
  fit,
  type PointSource,
  siren,
  term,
} from '@neural-fields/core';
import type { DenseSpec } from '@neural-fields/core/layers';
import { createMetaLearner, type MetaLearner, metaTerms, signalPoints } from '@neural-fields/hypernetworks';
import { mse } from '@neural-fields/losses';
import type { Experiment, ExperimentContext, ExperimentPlan, FittedModel } from '../frame/experiment.ts';
import type { Findings, PlotLine } from '../frame/findings.ts';
import { contactSheet } from '../shared/contact-sheet.ts';
import { picturePsnr } from '../shared/decibels.ts';
import { digitsOf, drawDigits, type PriorOwn, priorOptions } from '../shared/digit-priors.ts';
import {
  DIGIT_PIXELS,
  type Digit,
  digitCoords,
  digitsData,
  hashDigits,
  missingDigits,
  pixelsOf,
} from '../shared/digits.ts';

/** The inner steps of the training. */
const INNER_STEPS = 3;
/** The numbers of steps after which the fields are measured. */
const ADAPTED_STEPS: readonly number[] = [0, 1, 2, 3, 5, 10];
const FITTED_STEPS: readonly number[] = [0, 1, 2, 3, 5, 10, 20, 50, 100];
/** Those of them that a run measures: no more than the steps of its training, so that a small one is quick. */
const triedSteps = ({ steps }: ExperimentContext['settings']): readonly number[] =>
  FITTED_STEPS.filter(step => step <= Math.max(steps, 10));
/** The rates of Adam from which the best after the last step is taken. */
const RATES = [1e-3, 3e-3, 1e-2, 3e-2] as const;
/** Digits that are fitted at once, and that are drawn. */
const BLOCK = 25;
const DRAWN = 8;

const fieldOf = ({ hiddenFeatures, hiddenLayers }: ExperimentContext['settings']): FieldSpec =>
  siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures, hiddenLayers, omega0: 30 });

/** The same network with PyTorch's initialisation of its linear layers, which ignores the factors of the sines. */
const untuned = (spec: FieldSpec): FieldSpec => ({
  ...spec,
  layers: spec.layers.map(layer =>
    layer.kind === 'dense' ? ({ ...layer, weightInitialiser: { kind: 'pytorch-linear' } } as DenseSpec) : layer,
  ),
});

/** The mean PSNR of pictures of digits. */
const psnrOf = (pictures: readonly Float32Array[], digits: readonly Digit[]): number =>
  digits.reduce((sum, digit, i) => sum + picturePsnr(pictures[i] as Float32Array, pixelsOf(digit)) / digits.length, 0);

/** All pixels of some digits, one field for each. */
const pointsOf = (digits: readonly Digit[]): PointSource => ({
  inFeatures: 2,
  pointsPerStep: DIGIT_PIXELS,
  fields: digits.length,
  fixed: true,
  draw: (start, count) => {
    const value = new Float32Array(digits.length * count);
    for (const [i, digit] of digits.entries()) value.set(pixelsOf(digit).subarray(start, start + count), i * count);
    return { coords: digitCoords.subarray(2 * start, 2 * (start + count)), targets: { value } };
  },
});

interface FittedOptions {
  readonly rate: number;
  /** The steps that are measured, ascending from 0. */
  readonly tried: readonly number[];
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** PSNR after each of `tried`, of fits by Adam from an ordinary initialisation, at one rate. */
const fitted = async (
  spec: FieldSpec,
  digits: readonly Digit[],
  { rate, tried, seed, signal }: FittedOptions,
): Promise<number[]> => {
  const psnrs = tried.map(() => 0);
  for (let start = 0; start < digits.length; start += BLOCK) {
    const some = digits.slice(start, start + BLOCK);
    const fields = createFieldBatch(spec, { count: some.length, seed });
    try {
      const share = some.length / digits.length;
      psnrs[0] = (psnrs[0] as number) + share * psnrOf(await drawDigits(fields), some);
      const terms = [term({ points: pointsOf(some), loss: mse() })];
      const steps = tried.at(-1) as number;
      for await (const { step } of fit(fields, terms, {
        steps,
        seed,
        optimizer: adam({ learningRate: rate }),
        signal,
      })) {
        const at = tried.indexOf(step);
        if (at > 0) psnrs[at] = (psnrs[at] as number) + share * psnrOf(await drawDigits(fields), some);
      }
    } finally {
      fields.dispose();
    }
  }
  return psnrs;
};

/** The course of an initialisation at its best rate. */
interface Course {
  readonly name: string;
  readonly steps: readonly number[];
  readonly psnrs: readonly number[];
}

const bestCourse = async (
  name: string,
  spec: FieldSpec,
  digits: readonly Digit[],
  { settings, signal, log }: ExperimentContext<PriorOwn>,
): Promise<Course> => {
  const tried = triedSteps(settings);
  let best: Course | undefined;
  for (const rate of RATES) {
    const psnrs = await fitted(spec, digits, { rate, tried, seed: settings.seed, signal });
    log(`${name}, Adam at ${rate}: ${psnrs.at(-1)?.toFixed(1)} dB after ${tried.at(-1)} steps`);
    if (best === undefined || (psnrs.at(-1) as number) > (best.psnrs.at(-1) as number))
      best = { name: `${name}, Adam at ${rate}`, steps: tried, psnrs };
  }
  return best as Course;
};

/** The first number of steps at which a course reaches a PSNR; infinite if it does not. */
const stepsTo = ({ steps, psnrs }: Course, psnr: number): number =>
  steps[psnrs.findIndex(reached => reached >= psnr)] ?? Number.POSITIVE_INFINITY;

const evaluate = async (
  context: ExperimentContext<PriorOwn>,
  digits: readonly Digit[],
  { model }: FittedModel<MetaLearner>,
): Promise<Findings> => {
  const observed = digits.map(digit => ({ coords: digitCoords, values: pixelsOf(digit) }));
  const adapted: number[] = [];
  const rows: Float32Array[][] = [];
  for (const steps of ADAPTED_STEPS) {
    let psnr = 0;
    for (let start = 0; start < digits.length; start += BLOCK) {
      context.signal.throwIfAborted();
      const some = digits.slice(start, start + BLOCK);
      const fields = model.adapt(observed.slice(start, start + BLOCK), steps);
      const found = await drawDigits(fields);
      fields.dispose();
      psnr += (psnrOf(found, some) * some.length) / digits.length;
      if (start === 0 && [0, 1, INNER_STEPS].includes(steps)) rows.push(found.slice(0, DRAWN));
    }
    adapted.push(psnr);
  }
  const spec = fieldOf(context.settings);
  const learned: Course = { name: 'learned', steps: ADAPTED_STEPS, psnrs: adapted };
  const courses = [
    learned,
    await bestCourse("SIREN's", spec, digits, context),
    await bestCourse("PyTorch's", untuned(spec), digits, context),
  ];
  const reached = adapted[ADAPTED_STEPS.indexOf(INNER_STEPS)] as number;
  const [, sirens] = courses as [Course, Course];
  const tried = triedSteps(context.settings);
  const last = tried.at(-1) as number;
  const isPaper = context.profile === 'paper';
  return {
    tables: [
      {
        title: 'PSNR after some steps (dB)',
        corner: 'initialisation',
        columns: tried.map(String),
        digits: 1,
        rows: courses.map(({ name, steps, psnrs }) => ({
          name,
          cells: tried.map(step => psnrs[steps.indexOf(step)]),
        })),
        caption: `The learned one takes steps of gradient descent with learned rates; it was trained for ${INNER_STEPS}.`,
      },
    ],
    checks: [
      {
        what: `PSNR after ${INNER_STEPS} steps from the learned initialisation`,
        unit: 'dB',
        obtained: reached,
        ...(context.unchanged && { atLeast: 25 }),
        because: 'the aim of this project; the paper on MetaSDF compares by eye',
      },
      {
        what: `steps of Adam from SIREN's initialisation to that PSNR, at most ${last} tried`,
        unit: '',
        obtained: stepsTo(sirens, reached),
        ...(context.unchanged && { atLeast: isPaper ? 100 : 20 }),
        because: 'learned initialisations are made to need fewer',
      },
    ],
    pictures: [
      {
        title: 'Held-out digits',
        pixelated: true,
        pictures: [
          {
            name: 'adapted',
            title: `0, 1 and ${INNER_STEPS} steps, and the truth`,
            image: contactSheet([...rows, digits.slice(0, DRAWN).map(pixelsOf)]),
          },
        ],
      },
    ],
    plots: [
      {
        name: 'psnr',
        title: 'PSNR over the steps',
        x: { label: 'step' },
        y: { label: 'PSNR (dB)' },
        lines: courses.map(({ name, steps, psnrs }): PlotLine => ({ name, x: steps, y: psnrs })),
      },
    ],
    notes: [
      'The PSNR is that of a digit with values mapped to [0, 1], and the mean over the held-out digits.',
      `Adam runs at ${RATES.join(', ')}; the rate shown is the best after ${last} steps.`,
    ],
    numbers: { learned: { psnr: reached } },
  };
};

/** The experiment. */
export const metaInitialisation: Experiment<PriorOwn> = {
  id: 'meta-initialisation',
  title: 'A learned initialisation',
  source: 'Sitzmann et al. 2020, "MetaSDF", arXiv:2006.09662; Tancik et al. 2021, arXiv:2012.02189',
  summary:
    'MAML learns a start, and a rate for each parameter, from which three steps of gradient descent fit a new digit.',
  data: `${digitsData} (the authors: CelebA, shapes)`,
  networks: ['learned'],
  takes: [],
  sizes: { least: 2, most: 60_000 },
  profiles: {
    quick: { size: 2000, steps: 150, hiddenFeatures: 32, hiddenLayers: 2, learningRate: 1e-3 },
    paper: { size: 60_000, steps: 20_000, hiddenFeatures: 128, hiddenLayers: 2, learningRate: 2e-4 },
  },
  options: priorOptions({ quick: 4, paper: 16 }, { quick: 25, paper: 100 }),
  missing: missingDigits,
  prepare: async (context): Promise<ExperimentPlan<MetaLearner>> => {
    const { seed, steps, learningRate, own } = context.settings;
    const { note, ...digits } = digitsOf(context);
    const spec = fieldOf(context.settings);
    const signalsPerStep = Math.min(own.signalsPerStep, digits.train.length);
    return {
      notes: [note],
      fits: [
        {
          name: 'learned',
          label: 'Learned initialisation',
          spec,
          model: () => createMetaLearner({ field: spec, loss: mse(), innerSteps: INNER_STEPS, signalsPerStep, seed }),
          terms: learner => metaTerms(learner, { points: signalPoints(learner, digits.train), loss: mse() }),
          identity: { digits: hashDigits(digits.train) },
          steps,
          seed,
          optimizer: adam({ learningRate }),
          schedule: cosine(),
          clipNorm: signalsPerStep,
        },
      ],
      evaluate: fits => evaluate(context, digits.test, fits['learned'] as FittedModel<MetaLearner>),
    };
  },
};
