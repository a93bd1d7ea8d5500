import { existsSync } from 'node:fs';
import { tensor3d } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, test } from 'vitest';
import { sirenHelmholtzInversion } from '../src/experiments/siren-helmholtz-inversion.ts';
import type { ExperimentContext } from '../src/frame/experiment.ts';
import { createInversionProblem, mediumMisfit } from '../src/shared/inversion-problem.ts';
import { mediumSlope } from '../src/shared/medium-variation.ts';
import { authorsFile, authorsFileMissing } from './authors-file.ts';

const contextOf = (size: number, dataFile?: string): ExperimentContext => ({
  profile: 'quick',
  settings: { ...sirenHelmholtzInversion.profiles.quick, size, seed: 0, own: {} },
  unchanged: false,
  networks: [],
  dataFile,
  signal: new AbortController().signal,
  log: () => undefined,
});

test('what was observed tells the truth from a uniform medium', async () => {
  const context = contextOf(8);
  const problem = await createInversionProblem(context);
  expect([problem.sources.length, problem.receivers.length, problem.observed.length]).toEqual([3, 18, 108]);
  expect(problem.misfit).toBe(0);
  // The disc's edge is smeared over the points of a coarse grid.
  const truth = await mediumMisfit(problem, problem.medium, context.signal);
  const uniform = await mediumMisfit(
    problem,
    problem.medium.map(() => 1),
    context.signal,
  );
  expect(truth).toBeLessThan(0.25 * uniform);
  expect(uniform).toBeGreaterThan(0.1);
});

test("the disc of the authors' code explains the authors' file, with wider sources too", async context => {
  if (!existsSync(authorsFile)) return context.skip(authorsFileMissing);
  const problem = await createInversionProblem(contextOf(33, authorsFile));
  expect(problem.settings.wavenumber).toBe(20);
  // 1.7 %: so far are their solver's waves from this one's, and from those of Bessel functions.
  expect(problem.misfit).toBeLessThan(0.02);
  const signal = new AbortController().signal;
  expect(
    await mediumMisfit(
      problem,
      problem.medium.map(() => 1),
      signal,
    ),
  ).toBeGreaterThan(0.35);
});

test("the medium's slope is that of the last output alone", () => {
  // Two points, two coordinates, a wave and the medium: the medium's gradients are (3, 4) and 0.
  const slope = mediumSlope(tensor3d([9, 3, 9, 4, 9, 0, 9, 0], [2, 2, 2]));
  expect(slope.shape).toEqual([2, 1]);
  expect([...slope.dataSync()].map(value => value.toFixed(4))).toEqual(['5.0000', '0.0100']);
});
