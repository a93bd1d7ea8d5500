/** @file What the preset, the signal and the backend decide of the settings that were not given. */
import type { FitSettings } from '@neural-fields/app-kit/fitting';
import { reportInterval } from '@neural-fields/core';
import type { GivenSettings, Settings } from './fit-settings.ts';
import type { SignalDefaults } from './presets.ts';

/** The settings of core's loop. */
export const loopSettings = (
  settings: Settings,
  defaults: SignalDefaults,
  { chunkSize }: { readonly chunkSize: number | undefined },
): FitSettings => ({
  steps: settings.steps ?? defaults.steps,
  learningRate: settings.learningRate ?? defaults.learningRate,
  schedule: settings.schedule ?? defaults.schedule,
  batch: settings.batch ?? defaults.batch,
  clipNorm: settings.clipNorm ?? defaults.clipNorm,
  seed: settings.seed,
  averageDecay: settings.averageDecay,
  chunkSize: settings.chunkSize ?? chunkSize,
  // A report reads the loss from the device, for which a GPU has to stop.
  reportEvery: settings.reportEvery ?? reportInterval(),
});

/** All that describes a fit, so that it can be repeated, but what depends on the machine alone. */
export const repeatableSettings = (settings: Settings, defaults: SignalDefaults): GivenSettings => {
  const { steps, learningRate, schedule, batch, clipNorm } = defaults;
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return { steps, learningRate, schedule, batch, clipNorm, ...(Object.fromEntries(given) as GivenSettings) };
};
