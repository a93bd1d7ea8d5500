/** @file The points of a fit's steps, as a method chooses them. */
import type { PointSource, Term } from '@neural-fields/core';
import { term } from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import {
  coarseToFine,
  denseArray,
  evos,
  importanceSampling,
  type SampleOptions,
  samples,
  stratifiedEpochs,
  withoutReplacement,
} from '@neural-fields/signals';
import type { QualityProblem } from '../quality/problem.ts';
import type { Sampling } from '../quality/trial.ts';
import { readFloats } from './fields-data.ts';

/** The targets are in [-1, 1] already. */
const grid: SampleOptions = { convention: 'pixel-centred', valueScale: [-1, 1] };

const countOf = ({ method: { sampling, batch } }: QualityProblem): number => {
  if (batch === undefined) throw new RangeError(`quality: the points '${sampling}' need a batch`);
  return batch;
};

/** The term of a problem. */
export const qualityTerm = (problem: QualityProblem): Term => {
  const { shape, seed, sizes, method } = problem;
  const signal = denseArray(readFloats(problem.targetsFile), [...shape, sizes.at(-1) as number]);
  const all = samples(signal, grid);
  const sources: Readonly<Record<Sampling, () => PointSource>> = {
    all: () => all,
    shuffled: () => withoutReplacement(all, { count: countOf(problem) }),
    stratified: () => stratifiedEpochs(signal, { ...grid, seed, count: countOf(problem) }),
    evos: () => evos(all),
    importance: () => importanceSampling(all, { count: countOf(problem) }),
    'coarse-to-fine': () => coarseToFine(signal, { ...grid, count: countOf(problem) }),
  };
  const points = sources[method.sampling]();
  return term({ points, loss: method.sampling === 'importance' ? mse({ weight: 'weight' }) : mse() });
};
