/** @file Digits classified by the modulations of their fields. */
import { adam, cosine, siren } from '@neural-fields/core';
import { createMetaLearner, type MetaLearner, metaTerms, signalPoints } from '@neural-fields/hypernetworks';
import { mse } from '@neural-fields/losses';
import type { Experiment, ExperimentContext, ExperimentPlan, FittedModel } from '../frame/experiment.ts';
import type { Findings } from '../frame/findings.ts';
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
import { type Features, fitClassifier } from '../shared/linear-classifier.ts';

/** The inner steps of training and of modulations. */
const INNER_STEPS = 3;
/** The length of a modulation. */
const LATENT = 64;
/** Digits that are adapted to at once, and that are drawn. */
const BLOCK = 50;
const DRAWN = 8;

/** The modulations of digits, and the values of the fields of the first ones. */
const modulationsOf = async (
  learner: MetaLearner,
  digits: readonly Digit[],
  { signal, log }: ExperimentContext,
): Promise<Features> => {
  const data = new Float32Array(digits.length * LATENT);
  for (let start = 0; start < digits.length; start += BLOCK) {
    signal.throwIfAborted();
    const some = digits.slice(start, start + BLOCK);
    const tensor = learner.modulations(some.map(digit => ({ coords: digitCoords, values: pixelsOf(digit) })));
    data.set(await tensor.data(), start * LATENT);
    tensor.dispose();
    if (start > 0 && start % (10 * BLOCK) === 0) log(`${start} of ${digits.length} digits have modulations`);
  }
  return { data, width: LATENT };
};

/** The fields of digits after the inner steps, as pictures. */
const picturesOf = async (learner: MetaLearner, digits: readonly Digit[]): Promise<Float32Array[]> => {
  const fields = learner.adapt(digits.map(digit => ({ coords: digitCoords, values: pixelsOf(digit) })));
  const pictures = await drawDigits(fields);
  fields.dispose();
  return pictures;
};

const pixelFeatures = (digits: readonly Digit[]): Features => {
  const data = new Float32Array(digits.length * DIGIT_PIXELS);
  for (const [i, digit] of digits.entries()) data.set(pixelsOf(digit), i * DIGIT_PIXELS);
  return { data, width: DIGIT_PIXELS };
};

/** The share of held-out digits that a linear classifier of the features names rightly. */
const accuracyOf = async (
  [train, test]: readonly [Features, Features],
  [known, wanted]: readonly [readonly Digit[], readonly Digit[]],
  { settings, signal }: ExperimentContext,
): Promise<number> => {
  const labels = known.map(({ digit }) => digit);
  const classifier = await fitClassifier(train, labels, { seed: settings.seed, signal });
  const found = await classifier.classify(test);
  classifier.dispose();
  return wanted.filter(({ digit }, i) => digit === found[i]).length / wanted.length;
};

const evaluate = async (
  context: ExperimentContext<PriorOwn>,
  { train, test }: { readonly train: readonly Digit[]; readonly test: readonly Digit[] },
  { model }: FittedModel<MetaLearner>,
): Promise<Findings> => {
  const sets = [train, test] as const;
  const modulations = [await modulationsOf(model, train, context), await modulationsOf(model, test, context)] as const;
  const byModulations = await accuracyOf(modulations, sets, context);
  const byPixels = await accuracyOf([pixelFeatures(train), pixelFeatures(test)], sets, context);
  const shown = test.slice(0, DRAWN);
  const pictures = await picturesOf(model, shown);
  const psnr = pictures.reduce((sum, picture, i) => sum + picturePsnr(picture, pixelsOf(shown[i] as Digit)), 0);
  return {
    tables: [
      {
        title: 'Held-out digits that a linear classifier names rightly',
        corner: 'features',
        columns: ['numbers of a digit', 'accuracy'],
        digits: 3,
        rows: [
          { name: 'modulations', cells: [LATENT, byModulations] },
          { name: 'pixels', cells: [DIGIT_PIXELS, byPixels] },
        ],
        caption: `The classifier has seen ${train.length} digits. The learner of the modulations saw no labels.`,
      },
    ],
    checks: [
      {
        what: 'accuracy by modulations',
        unit: '',
        obtained: byModulations,
        ...(context.unchanged && { atLeast: 0.8 }),
        because: 'functa shows that modulations are good for classification; one in ten is a guess',
      },
    ],
    pictures: [
      {
        title: 'Held-out digits',
        pixelated: true,
        pictures: [
          {
            name: 'fields',
            title: `after ${INNER_STEPS} steps, and the truth`,
            image: contactSheet([pictures, shown.map(pixelsOf)]),
          },
        ],
      },
    ],
    plots: [],
    notes: [`The fields of the drawn digits have ${(psnr / shown.length).toFixed(1)} dB after ${INNER_STEPS} steps.`],
    numbers: { accuracy: { modulations: byModulations, pixels: byPixels } },
  };
};

/** The experiment. */
export const functaClassification: Experiment<PriorOwn> = {
  id: 'functa-classification',
  title: 'Digits classified by modulations',
  source: 'Dupont et al. 2022, "From data to functa", arXiv:2201.12204, sections 3 and 4',
  summary:
    'Fields of digits share a SIREN, and differ by 64 numbers that three steps of gradient descent find: a linear classifier reads the digit from these.',
  data: `${digitsData} (the authors: CelebA, ShapeNet and others)`,
  networks: ['functa'],
  takes: [],
  sizes: { least: 10, most: 60_000 },
  profiles: {
    quick: { size: 2000, steps: 400, hiddenFeatures: 64, hiddenLayers: 2, learningRate: 1e-3 },
    paper: { size: 60_000, steps: 20_000, hiddenFeatures: 256, hiddenLayers: 4, learningRate: 3e-4 },
  },
  options: priorOptions({ quick: 8, paper: 32 }, { quick: 500, paper: 10_000 }),
  missing: missingDigits,
  prepare: async (context): Promise<ExperimentPlan<MetaLearner>> => {
    const { seed, steps, learningRate, hiddenFeatures, hiddenLayers, own } = context.settings;
    const { note, ...digits } = digitsOf(context);
    const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures, hiddenLayers, omega0: 30 });
    const signalsPerStep = Math.min(own.signalsPerStep, digits.train.length);
    const options = { latentFeatures: LATENT, innerSteps: INNER_STEPS, signalsPerStep, seed };
    return {
      notes: [note],
      fits: [
        {
          name: 'functa',
          label: 'Modulated SIREN',
          spec,
          model: () => createMetaLearner({ field: spec, loss: mse(), ...options }),
          terms: learner => metaTerms(learner, { points: signalPoints(learner, digits.train), loss: mse() }),
          identity: { digits: hashDigits(digits.train) },
          steps,
          seed,
          optimizer: adam({ learningRate }),
          schedule: cosine(),
          clipNorm: signalsPerStep,
        },
      ],
      evaluate: fits => evaluate(context, digits, fits['functa'] as FittedModel<MetaLearner>),
    };
  },
};
