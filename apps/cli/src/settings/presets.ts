/**
 * @file Settings that go together: those that show something within about a minute on two cores, those that take about
 * four, and those of the SIREN paper. docs/defaults.md has the measurements behind them.
 */

import type { ShapeTermOptions } from '@neural-fields/app-kit/shapes';
import type { SignalDescription } from '@neural-fields/app-kit/signals';

/** The values of `--preset`. */
export const presetNames = ['fast', 'balanced', 'paper'] as const;

/** One of {@link presetNames}. */
export type PresetName = (typeof presetNames)[number];

/** Settings of a fit that differ from one kind of signal to another. */
export interface SignalDefaults {
  readonly steps: number;
  readonly learningRate: number;
  /** The frequency factor of the first layer. */
  readonly omega0: number;
  readonly schedule: 'constant' | 'cosine';
  /** Points in a step; all of them where a signal has fewer. */
  readonly batch: 'full' | number;
  readonly clipNorm?: number | undefined;
  /** Which parameters the field ends with: those of the lowest running loss, or the last ones. */
  readonly keep: 'best' | 'last';
}

/** Settings of a shape's loss. */
export interface ShapeDefaults {
  /** Points near the surface beside the others, as a share of the batch. */
  readonly near: number;
  readonly weights: ShapeTermOptions['weights'];
  readonly distanceWeight: number;
}

type Preset = Readonly<Record<SignalDescription['kind'], SignalDefaults>> & {
  readonly shapeLoss: ShapeDefaults;
  /** Seconds of a sound that are fitted. */
  readonly duration: 'all' | number;
};

/** The weights of Sitzmann et al. 2020, equation 6, as the authors' code has them. */
const WEIGHTS: ShapeTermOptions['weights'] = [3000, 100, 100, 50];

const fast: Preset = {
  image: { steps: 500, learningRate: 1e-3, omega0: 30, schedule: 'cosine', batch: 8192, keep: 'best' },
  // At 1e-3 a sound stays near an SNR of 0 dB, and at 5e-4 with a higher omega0 too.
  audio: { steps: 500, learningRate: 2e-4, omega0: 8000, schedule: 'cosine', batch: 8192, keep: 'best' },
  // A step takes 1.5 times as long as a picture's. On the Stanford bunny 500 steps came to 6.3e-5 off the surface,
  // 5.4 degrees off the normals and 0.051 off the gradient's length; 300 to 7.7e-5, 5.7 and 0.069. As much work in
  // 400 steps of 2,000 points or 500 of 1,600 left 0.079 and 0.093.
  shape: { steps: 300, learningRate: 5e-4, omega0: 30, schedule: 'cosine', batch: 2800, clipNorm: 1, keep: 'best' },
  shapeLoss: { near: 0.25, weights: WEIGHTS, distanceWeight: 150 },
  // Of a synthetic song (44.1 kHz, stereo, from its first minute on) 3 s came to an SNR of 20.1 dB, 5 s to 17.5 and
  // 10 s to 13.6.
  duration: 5,
};

/** How many times as many steps `balanced` takes as `fast`. */
export const BALANCED_FACTOR = 4;

/** A preset with more steps. */
const longer = (settings: SignalDefaults): SignalDefaults => ({
  ...settings,
  steps: BALANCED_FACTOR * settings.steps,
});

/** All presets. */
export const presets: Readonly<Record<PresetName, Preset>> = {
  fast,
  balanced: { ...fast, image: longer(fast.image), audio: longer(fast.audio), shape: longer(fast.shape) },
  // Sitzmann et al. 2020, supplement, and the authors' code.
  paper: {
    image: { steps: 10_000, learningRate: 1e-4, omega0: 30, schedule: 'constant', batch: 'full', keep: 'last' },
    // The authors' [-100, 100] with 30 is [-1, 1] with 3000.
    audio: { steps: 9_000, learningRate: 1e-4, omega0: 3000, schedule: 'constant', batch: 'full', keep: 'last' },
    shape: {
      steps: 10_000,
      learningRate: 1e-4,
      omega0: 30,
      schedule: 'constant',
      batch: 2800,
      clipNorm: 1,
      keep: 'last',
    },
    shapeLoss: { near: 0, weights: WEIGHTS, distanceWeight: 0 },
    duration: 'all',
  },
};

/**
 * The settings of a preset for a signal of so many points; all of them in a step where there are no more than the batch
 * has.
 */
export const settingsFor = (preset: PresetName, kind: 'image' | 'audio', points: number): SignalDefaults => {
  const settings = presets[preset][kind];
  return settings.batch !== 'full' && settings.batch >= points ? { ...settings, batch: 'full' } : settings;
};
