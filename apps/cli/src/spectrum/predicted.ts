/** @file The spectrum of a periodic field over one whole period: predicted from its parameters, and measured. */
import { periodSpectrum } from '@neural-fields/app-kit/render';
import type { ImageDescription } from '@neural-fields/app-kit/signals';
import type { Field } from '@neural-fields/core';
import type { AmplitudeSpectrum } from '@neural-fields/core/spectra';
import { expectedSpectrum, nyquistFrequency, periodOf, sinusoidalNetwork } from '@neural-fields/periodic-init';

/** The highest frequency that is predicted, in multiples of 1 / period. */
const MAX_FREQUENCY = 512;

/** Limits the time of a prediction to seconds: products over neurons, input frequencies and grid points. */
const MAX_PRODUCTS = 1e9;

/** Both spectra, of the mean over the channels. */
export interface PredictedAndMeasured {
  readonly predicted: AmplitudeSpectrum;
  readonly measured: AmplitudeSpectrum;
  /** The Nyquist frequencies of the pixels as parts of the highest ones, along y and x. */
  readonly limit: readonly [number, number];
}

/** What is predicted. */
export interface PredictionOptions {
  readonly signal: AbortSignal;
  /** Called with the completed share. */
  readonly report: (share: number) => void;
}

/** The network of one output, the mean over all of them. */
const meanOutput = <T extends { readonly weights: Float64Array; readonly biases: Float64Array }>(output: T) => {
  const o = output.biases.length;
  const mean = (values: Float64Array): Float64Array =>
    Float64Array.from({ length: values.length / o }, (_, i) =>
      values.subarray(i * o, (i + 1) * o).reduce((sum, value) => sum + value / o, 0),
    );
  return { weights: mean(output.weights), biases: mean(output.biases) };
};

/**
 * The predicted and the measured spectrum up to twice the Nyquist frequency of the pixels; `undefined` for a field that
 * is not periodic or has other layers than two sinusoidal ones and a linear one.
 *
 * @throws the reason of `signal` when it is aborted
 */
export const predictAndMeasure = async (
  field: Field,
  { width, height }: ImageDescription,
  { signal, report }: PredictionOptions,
): Promise<PredictedAndMeasured | undefined> => {
  const period = periodOf(field.spec);
  if (period === undefined || field.spec.layers.length !== 3) return undefined;
  const network = await sinusoidalNetwork(field);
  const nyquists = [height, width].map(samples => nyquistFrequency({ samples, period })) as [number, number];
  const nyquist = Math.max(...nyquists);
  const maxFrequency = Math.max(1, Math.min(MAX_FREQUENCY, 2 * nyquist));
  const measured = await periodSpectrum(field, {
    period,
    maxFrequency,
    signal,
    report: share => report(share / 2),
  });
  const perNeuron = network.phases.length * measured.amplitudes.length;
  const maxNeurons = Math.max(1, Math.floor(MAX_PRODUCTS / perNeuron));
  const options = { period, maxFrequency, maxNeurons, signal, onProgress: (share: number) => report((1 + share) / 2) };
  return {
    measured,
    limit: [nyquists[0] / maxFrequency, nyquists[1] / maxFrequency],
    predicted: await expectedSpectrum({ ...network, output: meanOutput(network.output) }, options),
  };
};
