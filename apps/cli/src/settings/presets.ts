/**
 * @file The presets: settings that show a result within about a minute on two cores, settings that take about four
 * minutes, and those of the SIREN paper. docs/defaults.md has the measurements behind them.
 *
 * `paper` is what Sitzmann et al. 2020 published, with nothing added: a loss that jumps is neither recovered from nor
 * an error, and the last parameters are the result.
 */

import type { FitSettings, OptimizerName, ScheduleName } from '@neural-fields/app-kit/fitting';
import type { ShapeTermOptions } from '@neural-fields/app-kit/shapes';
import type { SignalDescription } from '@neural-fields/app-kit/signals';
import type { ActivationSpec } from '@neural-fields/core';
import type { UnitBoxOptions } from '@neural-fields/shapes';
import type { Span } from '@neural-fields/signals';
import type { NetworkChoice } from '../options/network-choice.ts';

/** The values of `--preset`. */
export const presetNames = ['fast', 'balanced', 'paper'] as const;

/** One of {@link presetNames}. */
export type PresetName = (typeof presetNames)[number];

/** Settings of a fit that depend on the kind of signal. */
export interface SignalDefaults {
  readonly steps: number;
  readonly optimizer: OptimizerName;
  /** The learning rate with each optimizer. */
  readonly learningRates: Readonly<Record<OptimizerName, number>>;
  /** The frequency factor of the first layer. */
  readonly omega0: number;
  /** The factor on a SIREN's initial weights; 1 if absent. */
  readonly weightScale?: number;
  readonly schedule: ScheduleName;
  /** Adam's options besides its rate. */
  readonly adam?: FitSettings['adam'];
  /** Points per step; all points if the signal has fewer. */
  readonly batch: 'full' | number;
  readonly sampling: FitSettings['sampling'];
  readonly clipNorm?: number | undefined;
  /** Which parameters the field keeps: those with the lowest running loss, or the last ones. */
  readonly keep: 'best' | 'last';
  /**
   * How often a fit whose loss jumps may resume from its last good step, each time with half the learning rate. With 0
   * only a loss that is not finite ends it.
   */
  readonly recoveries: number;
}

/** Settings of a shape's loss. */
export interface ShapeDefaults {
  /** Points near the surface, in addition to the others, as a fraction of the batch. */
  readonly near: number;
  readonly weights: ShapeTermOptions['weights'];
  readonly distanceWeight: number;
}

type Preset = Readonly<Record<SignalDescription['kind'], SignalDefaults>> & {
  readonly shapeLoss: ShapeDefaults;
  /** How a shape is placed in [-1, 1]^3. */
  readonly shapeBox: Required<UnitBoxOptions>;
  /** The coordinates of the first and the last sample of a sound. */
  readonly soundSpan: Span;
  /** Seconds of a sound to fit. */
  readonly duration: 'all' | number;
};

/** The weights of Sitzmann et al. 2020, equation 6, as in the authors' code. */
const WEIGHTS: ShapeTermOptions['weights'] = [3000, 100, 100, 50];

/** The learning rates of the other optimizers are multiples of Adam's, as measured on pictures. */
export const rates = (adam: number): SignalDefaults['learningRates'] => ({ adam, muon: 4 * adam, soap: 2 * adam });

/** What the defaults of all signals have in common; a rate that suits most networks can be too high for some. */
const common = {
  optimizer: 'adam',
  schedule: 'cosine',
  batch: 8192,
  sampling: 'random',
  keep: 'best',
  recoveries: 3,
} as const;

/** For pictures with networks other than a SIREN, with which Muon has not been measured. */
const anyImage: SignalDefaults = { ...common, steps: 500, learningRates: rates(1e-3), omega0: 30 };

const fast: Preset = {
  image: { ...anyImage, steps: 250, optimizer: 'muon', batch: 16_384, sampling: 'stratified', weightScale: 1.5 },
  // At a rate of 1e-3 the SNR of a sound stays near 0 dB, and also at 5e-4 with a higher omega0.
  audio: { ...common, steps: 500, learningRates: rates(2e-4), omega0: 8000 },
  // A step takes 1.5 times as long as a picture's. On the Stanford bunny, 500 steps gave a surface error of 6.3e-5, a
  // normal error of 5.4 degrees and an eikonal error of 0.051; 300 steps gave 7.7e-5, 5.7 and 0.069. The same amount of
  // work in 400 steps of 2,000 points or 500 of 1,600 gave eikonal errors of 0.079 and 0.093.
  shape: {
    ...common,
    ...{ steps: 300, learningRates: rates(5e-4), omega0: 30, batch: 2800, clipNorm: 1, recoveries: 6 },
  },
  shapeLoss: { near: 0.25, weights: WEIGHTS, distanceWeight: 150 },
  // A closed surface needs some margin to stay closed in the box.
  shapeBox: { margin: 0.1, method: 'box' },
  soundSpan: [-1, 1],
  // On a synthetic song (44.1 kHz, stereo, from its first minute on), 3 s reached an SNR of 20.1 dB, 5 s 17.5 dB and
  // 10 s 13.6 dB.
  duration: 5,
};

/** `balanced` takes this many times the steps of `fast`. */
export const BALANCED_FACTOR = 4;

/** A preset with more steps. */
const longer = (settings: SignalDefaults): SignalDefaults => ({
  ...settings,
  steps: BALANCED_FACTOR * settings.steps,
});

/** What every fit of the paper has in common: Sitzmann et al. 2020, supplement, and the authors' code. */
const published: Omit<SignalDefaults, 'steps'> = {
  optimizer: 'adam',
  learningRates: rates(1e-4),
  omega0: 30,
  schedule: 'constant',
  batch: 'full',
  sampling: 'random',
  keep: 'last',
  recoveries: 0,
};

/** All presets. */
export const presets: Readonly<Record<PresetName, Preset>> = {
  fast,
  balanced: { ...fast, image: longer(fast.image), audio: longer(fast.audio), shape: longer(fast.shape) },
  paper: {
    image: { ...published, steps: 10_000 },
    audio: { ...published, steps: 9_000 },
    shape: { ...published, steps: 10_000, batch: 2800, clipNorm: 1 },
    shapeLoss: { near: 0, weights: WEIGHTS, distanceWeight: 0 },
    shapeBox: { margin: 0, method: 'mean' },
    // With [-1, 1] and an omega0 of 3000 the same network would have biases that learn 100 times as fast.
    soundSpan: [-100, 100],
    duration: 'all',
  },
};

/** The settings that decide about the defaults of the others. */
export interface DefaultsInput {
  readonly preset: PresetName;
  readonly network?: NetworkChoice | undefined;
  readonly hiddenLayers?: number | undefined;
  readonly activation?: ActivationSpec | undefined;
  readonly encoding?: string | undefined;
}

/** Whether a network is a SIREN with hidden matrices, for which Muon was measured. */
const suitsMuon = ({ network, hiddenLayers, activation, encoding }: DefaultsInput): boolean =>
  network === undefined && hiddenLayers !== 0 && (activation?.kind ?? 'sine') === 'sine' && encoding === undefined;

/**
 * The defaults for a signal with this many points; a step uses all of them if the batch size is no smaller.
 */
export const settingsFor = (input: DefaultsInput, kind: 'image' | 'audio', points: number): SignalDefaults => {
  const { preset } = input;
  const chosen = presets[preset][kind];
  const fallback = preset === 'balanced' ? longer(anyImage) : anyImage;
  const settings = chosen.optimizer === 'muon' && !suitsMuon(input) ? fallback : chosen;
  return settings.batch !== 'full' && settings.batch >= points ? { ...settings, batch: 'full' } : settings;
};
