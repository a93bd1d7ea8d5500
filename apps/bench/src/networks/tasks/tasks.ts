/** @file All tasks. A new one is a file, and its line here. */
import { denoisingTask } from './denoising.ts';
import { gradientsTask } from './gradients.ts';
import { inpaintingTask } from './inpainting.ts';
import { laplaciansTask } from './laplacians.ts';
import { lineDrawingTask } from './line-drawing.ts';
import { pictureTask } from './picture.ts';
import { sdfTask } from './sdf.ts';
import { soundTask } from './sound.ts';
import type { ComparisonTask } from './task.ts';
import { volumeTask } from './volume.ts';

/** All tasks, in the order of tables. */
export const comparisonTasks: readonly ComparisonTask[] = [
  pictureTask,
  lineDrawingTask,
  soundTask,
  volumeTask,
  gradientsTask,
  laplaciansTask,
  sdfTask,
  inpaintingTask,
  denoisingTask,
];

/** @throws RangeError when no task has this name */
export const taskNamed = (name: string): ComparisonTask => {
  const found = comparisonTasks.find(task => task.name === name);
  if (found === undefined)
    throw new RangeError(
      `networks: task must be one of ${comparisonTasks.map(task => task.name).join(', ')}, got '${name}'`,
    );
  return found;
};
