/** @file Digits between digits: lines in the space of latents of a prior. */
import { interpolateLatents, type Prior } from '@neural-fields/hypernetworks';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Experiment, ExperimentContext, ExperimentPlan, FittedModel } from '../frame/experiment.ts';
import type { Findings } from '../frame/findings.ts';
import { contactSheet } from '../shared/contact-sheet.ts';
import {
  digitEncoders,
  digitError,
  digitPriorPlan,
  digitsOf,
  drawDigits,
  type KnownPixels,
  knownPixels,
  nearestDigit,
  type PriorOwn,
  priorOptions,
} from '../shared/digit-priors.ts';
import { DIGIT_PIXELS, type Digit, digitCoords, digitsData, missingDigits, pixelsOf } from '../shared/digits.ts';

/** The digits of a line, both ends among them. */
const ALONG = 9;
/** Lines that are drawn. */
const DRAWN = 5;

/** All pixels of a digit. */
const allPixels = (digit: Digit, index: number): KnownPixels => knownPixels(digit, DIGIT_PIXELS, { seed: 0, index });

/** The pictures of fields along the line between two digits. */
const between = async (prior: Prior, ends: readonly [Digit, Digit]): Promise<Float32Array[]> => {
  const [from, to] = ends.map((digit, i) => prior.encode([allPixels(digit, i).observation])) as [Tensor2D, Tensor2D];
  const latents = interpolateLatents(from, to, ALONG);
  const fields = prior.fields(latents);
  const pictures = await drawDigits(fields);
  for (const each of [from, to, latents]) each.dispose();
  fields.dispose();
  return pictures;
};

/** The mean of two pictures, pixel by pixel: what a line in the space of pixels has halfway. */
const blend = (a: Float32Array, b: Float32Array): Float32Array => a.map((x, i) => (x + (b[i] as number)) / 2);

/** The error of a picture as a digit: that of the nearest one of the training set. */
const strangeness = (picture: Float32Array, digits: readonly Digit[], index: number): number => {
  const { rows } = allPixels(digits[0] as Digit, index);
  const values = Float32Array.from(rows, row => picture[row] as number);
  const known = { rows, observation: { coords: digitCoords, values } };
  return digitError(picture, pixelsOf(nearestDigit(digits, known)));
};

const evaluate = async (
  { signal, log }: ExperimentContext<PriorOwn>,
  { train, test }: { readonly train: readonly Digit[]; readonly test: readonly Digit[] },
  { model }: FittedModel<Prior>,
): Promise<Findings> => {
  const drawn: Float32Array[][] = [];
  const halves = { latents: 0, ends: 0, pixels: 0 };
  const pairs = Math.floor(test.length / 2);
  for (let pair = 0; pair < pairs; pair++) {
    signal.throwIfAborted();
    const ends = [test[2 * pair] as Digit, test[2 * pair + 1] as Digit] as const;
    const line = await between(model, ends);
    if (drawn.length < DRAWN) drawn.push([pixelsOf(ends[0]), ...line, pixelsOf(ends[1])]);
    const [first, half, last] = [line[0], line[(ALONG - 1) / 2], line[ALONG - 1]] as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    halves.latents += strangeness(half, train, pair) / pairs;
    halves.ends += (strangeness(first, train, pair) + strangeness(last, train, pair)) / (2 * pairs);
    halves.pixels += strangeness(blend(first, last), train, pair) / pairs;
    if (pair > 0 && pair % 10 === 0) log(`${pair} of ${pairs} lines compared`);
  }
  return {
    tables: [
      {
        title: 'Distance from the nearest digit of the training set',
        corner: 'pictures',
        columns: ['mean squared error'],
        digits: 3,
        rows: [
          { name: 'the ends of lines, as the prior draws them', cells: [halves.ends] },
          { name: 'halfway, in the space of latents', cells: [halves.latents] },
          { name: 'halfway, in the space of pixels', cells: [halves.pixels] },
        ],
        caption: `The mean over ${pairs} pairs of held-out digits. The line of pixels is between the same drawn ends.`,
      },
    ],
    checks: [
      {
        what: 'distance halfway between latents, of that halfway between pixels',
        unit: '',
        obtained: halves.latents / halves.pixels,
        because: 'a prior is to have digits on the way; the paper shows pictures only',
      },
    ],
    pictures: [
      {
        title: 'Lines between held-out digits',
        pixelated: true,
        pictures: [
          {
            name: 'lines',
            title: 'a digit, the fields along the line, another digit',
            image: contactSheet(drawn),
          },
        ],
      },
    ],
    plots: [],
    notes: ['A picture far from every digit of the training set is no digit; a blurred one is near to many.'],
    numbers: { halfway: { latents: halves.latents, pixels: halves.pixels, ends: halves.ends } },
  };
};

/** The experiment. */
export const priorInterpolation: Experiment<PriorOwn> = {
  id: 'prior-interpolation',
  title: 'Digits between digits',
  source: 'Sitzmann et al. 2020, arXiv:2006.09661, section 4.4 and supplement',
  summary: `A ${digitEncoders.set.label} finds the latents of two digits; the fields on the line between them are drawn.`,
  data: `${digitsData} (the authors: CelebA)`,
  networks: ['set'],
  takes: [],
  sizes: { least: 2, most: 60_000 },
  profiles: {
    quick: { size: 10_000, steps: 2400, hiddenFeatures: 32, hiddenLayers: 2, learningRate: 5e-4 },
    paper: { size: 60_000, steps: 60_000, hiddenFeatures: 32, hiddenLayers: 2, learningRate: 5e-4 },
  },
  options: priorOptions({ quick: 16, paper: 64 }, { quick: 50, paper: 500 }),
  missing: missingDigits,
  prepare: async (context): Promise<ExperimentPlan<Prior>> => {
    const { note, ...digits } = digitsOf(context);
    return {
      notes: [note],
      fits: [digitPriorPlan('set', digits.train, context)],
      evaluate: fits => evaluate(context, digits, fits['set'] as FittedModel<Prior>),
    };
  },
};
