/** @file Determines settings that were not given from the preset, the signal and the backend. */
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
  const { learningRate, schedule, batch, clipNorm, keep } = defaults;
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return { learningRate, schedule, batch, clipNorm, keep, ...(Object.fromEntries(given) as GivenSettings), steps };
};
