/** @file What a network is compared on: data, the terms of a fit, and the figures that say how good it is. */
import type { Term } from '@neural-fields/core';
import type { DenseArray } from '@neural-fields/signals';

/** A figure of a fitted field; the higher, the better. */
export interface FigureDefinition {
  /** Its key in {@link Figures}. */
  readonly name: string;
  /** A few words for tables. */
  readonly title: string;
  readonly unit: 'dB' | '';
}

/** Figures by name. */
export type Figures = Readonly<Record<string, number>>;

/** A fitted field as a task sees it, with coordinates in [-1, 1]. */
export interface SampledField {
  /** From `f32[n, d]` to `f32[n, o]`. */
  value(coords: Float32Array): Promise<Float32Array>;
  /** From `f32[n, d]` to `f32[n, d o]`. */
  gradient(coords: Float32Array): Promise<Float32Array>;
  /** From `f32[n, d]` to `f32[n, o]`. */
  laplacian(coords: Float32Array): Promise<Float32Array>;
}

/** What is shown of a field: values on a grid that are compared with those of the truth. */
export interface Drawing {
  /** What the task wants to see: pictures `[height, width, 1 or 3]` in [0, 1]. */
  readonly picture?: DenseArray;
  /** The field on a regular grid over [-1, 1], `[...grid, channels]`; its difference from the truth has a spectrum. */
  readonly values?: DenseArray;
}

/** A task with its data. */
export interface TaskProblem {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** The samples along an axis: the frequencies of encodings follow from it. */
  readonly samples: number;
  /** The points in a step. */
  readonly points: number;
  /** Equal for equal data. */
  readonly hash: string;
  /** What is reached without a network. */
  readonly baseline: { readonly title: string; readonly figures: Figures };
  /** What a perfect field looks like. */
  readonly truth: Drawing;
  /** @param scale the factor on the coordinates that the field gets: that of the task, or 1 */
  terms(scale: number): readonly Term[];
  measure(field: SampledField): Promise<Figures>;
  draw(field: SampledField): Promise<Drawing>;
}

/** A task by its name. */
export interface ComparisonTask {
  readonly name: string;
  /** For headings. */
  readonly title: string;
  /** What is fitted to what, in a sentence or two. */
  readonly summary: string;
  /** Of these the first one decides which settings of a network are best. */
  readonly figures: readonly [FigureDefinition, ...FigureDefinition[]];
  /** The highest derivative in its terms. */
  readonly derivative: 'value' | 'gradient' | 'laplacian';
  /** The maximum norm of the gradient by the parameters; none if absent. */
  readonly clipNorm?: number;
  /**
   * The factor on the coordinates of networks without an encoding, so that signals of many samples have low
   * frequencies; 1 if absent.
   */
  readonly coordinateScale?: number;
  /** The default number of samples along an axis of a picture. Sounds and volumes have as many in all. */
  readonly size: number;
  /** @throws InputError when the original has too few samples */
  create(size: number): Promise<TaskProblem>;
}
