/** @file How to get more from a fit than the quick default. */
import type { SignalDescription } from '@neural-fields/app-kit/signals';
import type { Settings } from '../settings/fit-settings.ts';
import { BALANCED_FACTOR } from '../settings/presets.ts';

const GOALS = { image: 'a sharper picture', audio: 'a cleaner sound', shape: 'a closer surface' } as const;

/** How to get a better field, as a line to show after a fit with the quick preset's number of steps. */
export const adviceFor = ({ kind }: SignalDescription, { preset, steps, time }: Settings): string | undefined => {
  if (preset !== 'fast' || steps !== undefined || time !== undefined) return undefined;
  return `for ${GOALS[kind]}: --preset balanced, which takes ${BALANCED_FACTOR} times as long`;
};
