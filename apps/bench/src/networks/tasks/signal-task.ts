/** @file Tasks that fit a field to all samples of a signal: a picture, a sound, a volume. */
import { term } from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import { type DenseArray, denseArray, finerCoordinates, halveResolution, qualityBetween } from '@neural-fields/signals';
import { overlapInside } from '../../quality/overlap.ts';
import { DATA_RANGE, hashSignal, type QualitySignal } from '../../quality/quality-signal.ts';
import { gradientPsnr, pictureOf, valuePsnr } from './measures.ts';
import { fixedPoints } from './points.ts';
import { sliceOf } from './slice.ts';
import type { ComparisonTask, Drawing, FigureDefinition, Figures, TaskProblem } from './task.ts';

/** A task on a signal. */
export interface SignalTaskOptions extends Pick<ComparisonTask, 'name' | 'title' | 'summary' | 'size'> {
  readonly coordinateScale?: number;
  /** Whether values are signed distances. */
  readonly isDistance?: boolean;
  create(size: number): Promise<QualitySignal>;
}

const between: FigureDefinition = { name: 'between', title: 'between the samples', unit: 'dB' };
const figuresOfSignals: readonly FigureDefinition[] = [
  { name: 'at', title: 'at the samples', unit: 'dB' },
  { name: 'gradient', title: 'gradient', unit: 'dB' },
];
const overlap: FigureDefinition = { name: 'iou', title: 'IoU', unit: '' };

/** What is shown of a signal's values at the finer samples. */
const drawingOf = (values: DenseArray): Drawing => {
  const axes = values.shape.length - 1;
  if (axes === 1) return { values };
  return { values, picture: axes === 3 ? sliceOf(values) : pictureOf(values) };
};

const problemOf = (signal: QualitySignal, { isDistance = false }: SignalTaskOptions): TaskProblem => {
  const { shape, channels, values, coords, finer, finerCoords, filter, interpolation } = signal;
  const atSamples = denseArray(values, [...shape, channels]);
  const problem = {
    inFeatures: shape.length,
    outFeatures: channels,
    samples: Math.max(...shape),
    points: values.length / channels,
    hash: hashSignal(signal),
    truth: drawingOf(finer),
  };
  return {
    ...problem,
    baseline: { title: 'interpolation of the samples', figures: { between: interpolation } },
    terms: scale => [
      term({
        points: fixedPoints({ inFeatures: shape.length, coords, targets: { value: values } }, scale),
        loss: mse({ dataRange: DATA_RANGE }),
      }),
    ],
    measure: async (field): Promise<Figures> => {
      const drawn = denseArray(await field.value(finerCoords), finer.shape);
      return {
        between: qualityBetween(finer, drawn, { filter, dataRange: DATA_RANGE }).field,
        at: valuePsnr(denseArray(await field.value(coords), atSamples.shape), atSamples),
        gradient: gradientPsnr(drawn, finer),
        ...(isDistance && { iou: overlapInside(drawn.data, finer.data) }),
      };
    },
    draw: async field => drawingOf(denseArray(await field.value(finerCoords), finer.shape)),
  };
};

/** A task on all samples of a signal. */
export const signalTask = (options: SignalTaskOptions): ComparisonTask => {
  const { name, title, summary, size, coordinateScale, isDistance = false, create } = options;
  return {
    ...{ name, title, summary, size, derivative: 'value' as const },
    ...(coordinateScale !== undefined && { coordinateScale }),
    figures: [between, ...figuresOfSignals, ...(isDistance ? [overlap] : [])],
    create: async each => problemOf(await create(each), options),
  };
};

/** A signal, its half resolution that is fitted, and where they are. */
export interface TwoResolutions {
  readonly finer: DenseArray;
  readonly finerCoords: Float32Array;
  readonly working: DenseArray;
}

/** A picture `[2 n, 2 n, 1]` in [-1, 1] at both resolutions. */
export const twoResolutions = (finer: DenseArray): TwoResolutions => {
  const working = halveResolution(finer);
  return {
    ...{ finer, working },
    finerCoords: finerCoordinates(working.shape.slice(0, -1), { convention: 'pixel-centred' }),
  };
};
