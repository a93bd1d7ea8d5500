/** @file How well a network of the literature learns a picture with the settings of its paper. */
import { createField, DivergenceError, type FieldSpec, fit, term } from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import {
  networkExtensions as extensions,
  type NetworkPreset,
  type SignalSize,
  trainingOptions,
} from '@neural-fields/networks';
import { denseArray, psnr, qualityBetween } from '@neural-fields/signals';
import { tensor2d } from '@tensorflow/tfjs-core';
import { DATA_RANGE, type QualitySignal } from '../quality/quality-signal.ts';

/** The options of a measurement. */
export interface NetworkRun {
  readonly steps: number;
  /** The width of networks that have one as an option; the paper's if absent. */
  readonly hiddenFeatures?: number | undefined;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Called now and then with the number of steps done. */
  readonly report: (step: number) => void;
}

/** The quality of a fitted network, in decibels; not a number where the fit diverged. */
export interface NetworkQuality {
  readonly parameters: number;
  readonly atSamples: number;
  readonly betweenSamples: number;
}

/** The network with a width, if it has one as an option. @throws RangeError when the network cannot be that narrow */
export const networkForSignal = (preset: NetworkPreset, size: SignalSize, hiddenFeatures?: number): FieldSpec =>
  preset.spec(size, hiddenFeatures !== undefined && 'hiddenFeatures' in preset.options ? { hiddenFeatures } : {});

/**
 * Fits a network to the samples of a signal, all in each step, and measures it at them and between them.
 *
 * @throws the reason of `signal` when it is aborted
 */
export const measureNetwork = async (
  preset: NetworkPreset,
  { shape, channels, values, coords, finer, finerCoords, filter }: QualitySignal,
  { steps, hiddenFeatures, seed, signal, report }: NetworkRun,
): Promise<NetworkQuality> => {
  const spec = networkForSignal(preset, { inFeatures: shape.length, outFeatures: channels }, hiddenFeatures);
  const field = createField(spec, { seed, extensions });
  const points = {
    inFeatures: shape.length,
    pointsPerStep: values.length / channels,
    fixed: true,
    draw: (start: number, count: number) => ({
      coords: coords.slice(shape.length * start, shape.length * (start + count)),
      targets: { value: values.slice(channels * start, channels * (start + count)) },
    }),
  };
  const drawn = async (at: Float32Array): Promise<Float32Array> => {
    const points2d = tensor2d(at, [at.length / shape.length, shape.length]);
    const result = field.evaluate(points2d);
    const all = (await result.data()) as Float32Array;
    points2d.dispose();
    result.dispose();
    return all;
  };
  const dataRange = DATA_RANGE;
  try {
    const settings = { steps, signal, reportEvery: 10, ...trainingOptions(preset.training) };
    for await (const { step } of fit(field, [term({ points, loss: mse() })], settings)) report(step);
    const samples = [...shape, channels];
    return {
      parameters: field.parameterCount,
      atSamples: psnr(denseArray(values, samples), denseArray(await drawn(coords), samples), { dataRange }),
      betweenSamples: qualityBetween(finer, denseArray(await drawn(finerCoords), [...finer.shape]), {
        filter,
        dataRange,
      }).field,
    };
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    return { parameters: field.parameterCount, atSamples: Number.NaN, betweenSamples: Number.NaN };
  } finally {
    field.dispose();
  }
};
