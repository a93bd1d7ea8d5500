import { createRng } from '@neural-fields/core';
import { assertFinite, assertOptions } from '@neural-fields/core/options';
import type { Criterion } from './criterion.ts';

/** The options of {@link randomScores}. */
export interface RandomScoresOptions {
  /** 0 if absent. */
  readonly seed?: number;
}

/** Scores uniform in [0, 1), the baseline of every other criterion. @throws RangeError when the seed is not finite */
export const randomScores = (options: RandomScoresOptions = {}): Criterion => {
  assertOptions('randomScores', options, { seed: 1 });
  const { seed = 0 } = options;
  assertFinite('randomScores: seed', seed);
  return {
    name: 'random',
    describe: () => `random with seed ${seed}`,
    scores: ({ structure }) => {
      // Another draw for another network: the rounds of a schedule.
      const rng = createRng(seed).fork(`units ${structure.network.layout.size}`);
      return new Map([...structure.layers.values()].flat().map(unit => [unit, rng.uniform()] as const));
    },
  };
};
