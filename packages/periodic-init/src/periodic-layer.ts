/** @file The first layer of a periodic field: sines whose frequencies are integer multiples of 2 pi / period. */

import type { Extensions, FieldSpec, LayerSpec } from '@neural-fields/core';
import {
  type ActivationDefinition,
  constantArray,
  coreActivations,
  elementwise,
  type LayerDefinition,
  linear,
} from '@neural-fields/core/layers';
import { assertNonNegative, assertPositive } from '@neural-fields/core/options';
import { type Frequency, maxNorm } from './frequencies/frequency.ts';

/** A layer sin(2 pi q x / period + phi), one feature for each frequency q. */
export interface PeriodicSpec extends LayerSpec {
  readonly kind: 'periodic';
  readonly period: number;
  /** `[m][inFeatures]`, integers. */
  readonly frequencies: readonly Frequency[];
  /** The largest component that counts as low; see `bounds`. */
  readonly lowFrequency: number;
  /**
   * Whether the frequencies are trained, as the parameter `weight` f32[inFeatures, m] of the group `frequencies`, in
   * radians per unit. The field then stops being periodic. False if absent.
   */
  readonly trainable?: boolean;
}

const KIND = 'periodic';

/** The group of trained frequencies, e.g. to give them a learning rate of their own. */
export const FREQUENCY_GROUP = 'frequencies';

/** Beyond it, integers times coordinates lose their fraction in float32. */
const MAX_COMPONENT = 2 ** 20;

const sine = coreActivations.find(({ kind }) => kind === 'sine') as ActivationDefinition;

const assertFrequencies = (frequencies: unknown, inFeatures: number): void => {
  if (!Array.isArray(frequencies) || frequencies.length === 0)
    throw new TypeError(`${KIND}: frequencies must be a list of at least one, got ${JSON.stringify(frequencies)}`);
  for (const [index, frequency] of frequencies.entries())
    if (
      !(
        Array.isArray(frequency) &&
        frequency.length === inFeatures &&
        frequency.every(q => Number.isInteger(q) && Math.abs(q) <= MAX_COMPONENT)
      )
    )
      throw new RangeError(
        `${KIND}: frequency ${index} must be ${inFeatures} integers up to ${MAX_COMPONENT}, got ${JSON.stringify(frequency)}`,
      );
};

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Whether a layer is of kind `periodic`. */
export const isPeriodic = (layer: unknown): layer is PeriodicSpec =>
  isObject(layer) && 'kind' in layer && layer.kind === KIND;

/** The period of a field in every coordinate; `undefined` for one that is not known to be periodic. */
export const periodOf = ({ layers: [first] }: FieldSpec): number | undefined =>
  isPeriodic(first) && !first.trainable ? first.period : undefined;

/** The angular frequencies 2 pi q / period as columns, row-major `[inFeatures, m]`. */
export const angularFrequencies = ({ period, frequencies }: PeriodicSpec): Float64Array => {
  const m = frequencies.length;
  const inFeatures = (frequencies[0] as Frequency).length;
  return Float64Array.from(
    { length: inFeatures * m },
    (_, i) => (2 * Math.PI * ((frequencies[i % m] as Frequency)[Math.floor(i / m)] as number)) / period,
  );
};

/** Whether each frequency is low: no component above `lowFrequency`. */
export const lowFrequencies = ({ frequencies, lowFrequency }: PeriodicSpec): boolean[] =>
  frequencies.map(frequency => maxNorm(frequency) <= lowFrequency);

/**
 * The layer definition of {@link PeriodicSpec}. Its parameter `bias` f32[m] holds the phases, from U(-pi / 2, pi / 2):
 * the initialisation of Novello et al. 2025, arXiv:2407.21121, in the authors' code. Frozen frequencies are constants.
 */
export const periodicLayer: LayerDefinition<PeriodicSpec> = {
  kind: KIND,
  assertSpec({ period, frequencies, lowFrequency, trainable = false }, { inFeatures }) {
    assertPositive(`${KIND}: period`, period);
    assertFrequencies(frequencies, inFeatures);
    assertNonNegative(`${KIND}: lowFrequency`, lowFrequency);
    if (typeof trainable !== 'boolean')
      throw new TypeError(`${KIND}: trainable must be true or false, got ${JSON.stringify(trainable)}`);
  },
  apply(input, { spec, parameter }) {
    const m = spec.frequencies.length;
    const shape = [input.features, m];
    const make = (): Float32Array => Float32Array.from(angularFrequencies(spec));
    const weight = spec.trainable
      ? parameter('weight', { shape, group: FREQUENCY_GROUP, initialise: make })
      : constantArray(shape, make);
    const bias = parameter('bias', {
      shape: [m],
      initialise: rng => Float32Array.from({ length: m }, () => Math.PI * (rng.uniform() - 0.5)),
    });
    return elementwise(linear(input, weight, bias), sine, { omega: 1 }).from({ kind: 'sine', omega: 1 });
  },
  keepUnits: (spec, kept) => ({ ...spec, frequencies: kept.map(index => spec.frequencies[index] as Frequency) }),
  frequencies: {
    read: spec => {
      const columns = angularFrequencies(spec);
      const m = spec.frequencies.length;
      return Array.from({ length: m }, (_, j) => Array.from(columns.filter((_, i) => i % m === j)));
    },
    add: (spec, angular) => ({
      ...spec,
      frequencies: [
        ...spec.frequencies,
        ...angular.map(omega => omega.map(component => Math.round((component * spec.period) / (2 * Math.PI)))),
      ],
    }),
  },
};

/** The extensions with which specs of {@link tuner} are read, evaluated and fitted. */
export const periodicExtensions: Extensions = { layers: [periodicLayer] };
