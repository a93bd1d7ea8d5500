import { signalNamed } from '../../quality/signals.ts';
import { signalTask } from './signal-task.ts';
import type { ComparisonTask } from './task.ts';

/** Distances in a volume. */
export const volumeTask: ComparisonTask = signalTask({
  name: 'volume',
  title: 'Volume of distances',
  summary: `All samples of ${signalNamed('bunny').title}; the picture is the middle slice, blue inside.`,
  size: 64,
  isDistance: true,
  create: size => signalNamed('bunny').create(size),
});
