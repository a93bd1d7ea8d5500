/** @file Determines settings that were not given from the preset, the signal and the backend. */
import type { FitSettings } from '@neural-fields/app-kit/fitting';
import { reportInterval } from '@neural-fields/core';
import type { GivenSettings, Settings } from './fit-settings.ts';
import type { SignalDefaults } from './presets.ts';

/** The optimizer with its learning rate. */
const optimizerOf = (
  settings: GivenSettings,
  defaults: SignalDefaults,
): Pick<FitSettings, 'optimizer' | 'learningRate'> => {
  const optimizer = settings.optimizer ?? defaults.optimizer;
  return { optimizer, learningRate: settings.learningRate ?? defaults.learningRates[optimizer] };
};

/** The settings of core's loop. */
export const loopSettings = (
  settings: Settings,
  defaults: SignalDefaults,
  { chunkSize }: { readonly chunkSize: number | undefined },
): FitSettings => ({
  ...optimizerOf(settings, defaults),
  steps: settings.steps ?? defaults.steps,
  schedule: settings.schedule ?? defaults.schedule,
  adam: defaults.adam,
  batch: settings.batch ?? defaults.batch,
  sampling: settings.sampling ?? defaults.sampling,
  clipNorm: settings.clipNorm ?? defaults.clipNorm,
  seed: settings.seed,
  averageDecay: settings.averageDecay,
  keep: settings.keep ?? defaults.keep,
  chunkSize: settings.chunkSize ?? chunkSize,
  // A report reads the loss from the device, which stalls a GPU.
  reportEvery: settings.reportEvery ?? reportInterval(),
});

/**
 * Everything that is needed to repeat a fit, except what depends only on the machine. A time is recorded as the number
 * of steps that it allowed.
 */
export const repeatableSettings = (
  { time: _, ...settings }: Settings,
  defaults: SignalDefaults,
  steps: number,
): GivenSettings => {
  const { schedule, batch, sampling, clipNorm, keep } = defaults;
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return {
    ...optimizerOf(settings, defaults),
    ...{ schedule, batch, sampling, clipNorm, keep },
    ...(Object.fromEntries(given) as GivenSettings),
    steps,
  };
};
