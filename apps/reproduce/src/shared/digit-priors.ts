/** @file Priors of digits: what is trained, and how completions are measured. */
import { integer } from '@neural-fields/app-kit';
import { adam, cosine, createRng, type FieldBatch, type FieldSpec, siren } from '@neural-fields/core';
import {
  convEncoder,
  createPrior,
  type EncoderSpec,
  lowRankHypernetwork,
  type Observation,
  type Prior,
  priorTerms,
  setEncoder,
  signalPoints,
} from '@neural-fields/hypernetworks';
import { mse } from '@neural-fields/losses';
import { tensor2d } from '@tensorflow/tfjs-core';
import type { ExperimentContext, FitPlan, OwnOption } from '../frame/experiment.ts';
import {
  DIGIT_PIXELS,
  DIGIT_SIDE,
  type Digit,
  digitCoords,
  hashDigits,
  type LoadedDigits,
  loadDigits,
  pixelsOf,
} from './digits.ts';

/** The options of experiments on priors. */
export type PriorOwn = 'signalsPerStep' | 'heldOutSignals';

/** Those options, with the values of the profiles. */
export const priorOptions = (
  signalsPerStep: OwnOption['values'],
  heldOutSignals: OwnOption['values'],
): Readonly<Record<PriorOwn, OwnOption>> => ({
  signalsPerStep: { what: 'signals in a step', argument: '<n>', parse: integer(1, 4096), values: signalsPerStep },
  heldOutSignals: {
    what: 'held-out signals to measure',
    argument: '<n>',
    parse: integer(1, 10_000),
    values: heldOutSignals,
  },
});

/** The network of a digit. */
export const digitField = ({ hiddenFeatures, hiddenLayers }: ExperimentContext['settings']): FieldSpec =>
  siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures, hiddenLayers, omega0: 12 });

/** The encoders that are compared. */
export const digitEncoders: Readonly<Record<'set' | 'conv', { readonly label: string; readonly spec: EncoderSpec }>> = {
  set: { label: 'set encoder', spec: setEncoder({ hiddenFeatures: 64, omega0: 8 }) },
  conv: { label: 'convolutional encoder', spec: convEncoder({ height: DIGIT_SIDE, width: DIGIT_SIDE }) },
};

/** The number of known pixels in training, as in the authors' code. */
const CONTEXT = { min: 10, max: 200 } as const;
/** Pixels of each digit in a step. */
const PIXELS_PER_STEP = 256;

/** The fit of a prior of digits. */
export const digitPriorPlan = (
  which: keyof typeof digitEncoders,
  digits: readonly Digit[],
  { settings }: ExperimentContext<PriorOwn>,
): FitPlan<Prior> => {
  const { steps, seed, learningRate, own } = settings;
  const signalsPerStep = Math.min(own.signalsPerStep, digits.length);
  const field = digitField(settings);
  const { label, spec: encoder } = digitEncoders[which];
  return {
    name: which,
    label: `Prior with a ${label}`,
    spec: field,
    model: () =>
      createPrior({
        field,
        generator: lowRankHypernetwork({ hiddenFeatures: 64, rank: 4 }),
        encoder,
        latentFeatures: 64,
        signalsPerStep,
        seed,
      }),
    terms: prior =>
      priorTerms({
        points: signalPoints(prior, digits, { context: CONTEXT, pointsPerSignal: PIXELS_PER_STEP }),
        loss: mse(),
        latentWeight: 1e-3,
        parameterWeight: 1e-2,
      }),
    identity: { digits: hashDigits(digits) },
    steps,
    seed,
    optimizer: adam({ learningRate }),
    schedule: cosine(),
    // The loss of a step is the sum over its signals.
    clipNorm: signalsPerStep,
  };
};

/** Some pixels of a digit: which, and what the encoder gets. */
export interface KnownPixels {
  readonly rows: Int32Array;
  readonly observation: Observation;
}

/** `count` random pixels of a digit, the same for the same seed and index. */
export const knownPixels = (
  digit: Digit,
  count: number,
  { seed, index }: { seed: number; index: number },
): KnownPixels => {
  const rng = createRng(seed).fork('known', index);
  const order = Int32Array.from({ length: DIGIT_PIXELS }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const j = i + rng.integer(DIGIT_PIXELS - i);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  const rows = order.slice(0, count);
  const value = pixelsOf(digit);
  return {
    rows,
    observation: {
      coords: Float32Array.from([...rows].flatMap(row => [...digitCoords.subarray(2 * row, 2 * row + 2)])),
      values: Float32Array.from(rows, row => value[row] as number),
    },
  };
};

/** The digits of an experiment, and a note on how many. */
export const digitsOf = ({
  settings: { size, seed, own },
}: ExperimentContext<PriorOwn>): LoadedDigits & { readonly note: string } => {
  const { train, test } = loadDigits({ train: size, test: Math.min(own.heldOutSignals, size) }, seed);
  return { train, test, note: `${train.length} digits to train on, ${test.length} held out` };
};

/** The values of fields at the pixels of a digit, field by field. */
export const drawDigits = async (fields: FieldBatch): Promise<Float32Array[]> => {
  const coords = tensor2d(digitCoords, [DIGIT_PIXELS, 2]);
  try {
    const values = fields.evaluate(coords);
    const data = Float32Array.from(await values.data());
    values.dispose();
    return Array.from({ length: data.length / DIGIT_PIXELS }, (_, i) =>
      data.subarray(i * DIGIT_PIXELS, (i + 1) * DIGIT_PIXELS),
    );
  } finally {
    coords.dispose();
  }
};

/** Digits that are completed at once. */
const BLOCK = 50;

/** The completions of digits from what is known of them. */
export const completeDigits = async (
  prior: Prior,
  known: readonly KnownPixels[],
  signal: AbortSignal,
): Promise<Float32Array[]> => {
  const completed: Float32Array[] = [];
  for (let start = 0; start < known.length; start += BLOCK) {
    signal.throwIfAborted();
    const fields = prior.complete(known.slice(start, start + BLOCK).map(({ observation }) => observation));
    completed.push(...(await drawDigits(fields)));
    fields.dispose();
  }
  return completed;
};

/** The mean of digits, pixel by pixel. */
export const meanDigit = (digits: readonly Digit[]): Float32Array => {
  const mean = new Float64Array(DIGIT_PIXELS);
  for (const digit of digits)
    for (const [i, v] of pixelsOf(digit).entries()) mean[i] = (mean[i] as number) + v / digits.length;
  return Float32Array.from(mean);
};

/** The digit of a set that is nearest at the known pixels, by squared error. */
export const nearestDigit = (digits: readonly Digit[], { rows, observation }: KnownPixels): Digit => {
  let [best, least] = [digits[0] as Digit, Number.POSITIVE_INFINITY];
  for (const digit of digits) {
    const value = pixelsOf(digit);
    let error = 0;
    for (let i = 0; i < rows.length && error < least; i++)
      error += ((value[rows[i] as number] as number) - (observation.values[i] as number)) ** 2;
    if (error < least) [best, least] = [digit, error];
  }
  return best;
};

/** The mean squared error over all pixels. */
export const digitError = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let error = 0;
  for (let i = 0; i < DIGIT_PIXELS; i++) error += ((a[i] as number) - (b[i] as number)) ** 2;
  return error / DIGIT_PIXELS;
};
