/** @file The smooth photograph of the tasks that reconstruct a picture. */
import { signalNamed } from '../../quality/signals.ts';
import { type TwoResolutions, twoResolutions } from './signal-task.ts';

/** The name of the signal. */
const NAME = 'flower';

/** What it shows. */
export const flowerTitle: string = signalNamed(NAME).title;

/** At `size` and at `2 size` pixels a side. */
export const loadFlower = async (size: number): Promise<TwoResolutions> =>
  twoResolutions((await signalNamed(NAME).create(size)).finer);
