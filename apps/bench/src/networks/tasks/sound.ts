import { signalNamed } from '../../quality/signals.ts';
import { signalTask } from './signal-task.ts';
import type { ComparisonTask } from './task.ts';

/** Music. */
export const soundTask: ComparisonTask = signalTask({
  name: 'sound',
  title: 'Sound',
  summary: `All samples of ${signalNamed('sound').title}.`,
  size: 64,
  // The SIREN authors' coordinates of sounds: Sitzmann et al. 2020, arXiv:2006.09661, supplement, section 5.
  coordinateScale: 100,
  create: size => signalNamed('sound').create(size),
});
