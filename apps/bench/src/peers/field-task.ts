/** @file What a user of this project would write for a problem. */
import {
  createField,
  type Field,
  type PointSource,
  parameterLayout,
  siren,
  type Term,
  term,
} from '@neural-fields/core';
import { mse, poissonGradient, poissonLaplacian } from '@neural-fields/losses';
import type { Problem } from '../protocol.ts';
import { readProblem, targetWidth } from './problem-data.ts';

/** A field with the problem's parameters, and its task. */
export interface FieldTask {
  readonly field: Field;
  readonly task: readonly Term[];
}

/** Makes the field and the task of a problem. The caller disposes of the field. */
export const createTask = (problem: Problem): FieldTask => {
  const { supervision, width, omega, points: count } = problem;
  const { parameters, coords, targets } = readProblem(problem);
  const spec = siren({
    inFeatures: 2,
    outFeatures: 1,
    hiddenFeatures: width,
    hiddenLayers: 3,
    omega0: omega,
    omegaHidden: omega,
  });
  const named = [...parameterLayout(spec).toMap(parameters)].map(([name, { data }]) => [name, data] as const);
  const field = createField(spec, { parameters: Object.fromEntries(named) });
  const columns = targetWidth(problem);
  const points: PointSource = {
    inFeatures: 2,
    pointsPerStep: count,
    fixed: true,
    draw: (start, size) => ({
      coords: coords.subarray(2 * start, 2 * (start + size)),
      targets: { [supervision]: targets.subarray(columns * start, columns * (start + size)) },
    }),
  };
  const task = {
    value: () => term({ points, loss: mse() }),
    gradient: () => term({ points, derivatives: { gradient: true }, loss: poissonGradient() }),
    laplacian: () => term({ points, derivatives: { laplacian: true }, loss: poissonLaplacian() }),
  }[supervision]();
  return { field, task: [task] };
};
