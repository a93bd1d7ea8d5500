import { signalNamed } from '../../quality/signals.ts';
import { signalTask } from './signal-task.ts';
import type { ComparisonTask } from './task.ts';

/** A photograph with fine detail. */
export const pictureTask: ComparisonTask = signalTask({
  name: 'picture',
  title: 'Picture',
  summary: `All pixels of ${signalNamed('boats').title}.`,
  size: 64,
  create: size => signalNamed('boats').create(size),
});
