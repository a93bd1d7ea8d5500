/** @file How to get more from a fit than the quick default. */
import type { SignalDescription } from '@neural-fields/app-kit/signals';
import type { Settings } from '../settings/fit-settings.ts';
import { presets } from '../settings/presets.ts';

const GOALS = { image: 'a sharper picture', audio: 'a cleaner sound', shape: 'a closer surface' } as const;

/** How many times as many steps are suggested. */
const FACTOR = 4;

/** A line that says how to get a better field, after a fit that had the number of steps of the quick preset. */
export const adviceFor = ({ kind }: SignalDescription, { preset, steps }: Settings): string | undefined => {
  if (preset !== 'fast' || steps !== undefined) return undefined;
  return `for ${GOALS[kind]}: --steps ${FACTOR * presets.fast[kind].steps}, which takes ${FACTOR} times as long`;
};
