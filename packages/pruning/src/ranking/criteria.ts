/** @file All criteria by name. */
import type { ObjectiveTerm } from '@neural-fields/core';
import { besselBound } from './bessel-bound.ts';
import type { Criterion } from './criterion.ts';
import { gradientTimesWeight } from './gradient-times-weight.ts';
import { magnitude } from './magnitude.ts';
import { outgoingNorm } from './outgoing-norm.ts';
import { randomScores } from './random.ts';

/** The name of a criterion. */
export type CriterionName = 'outgoing' | 'bessel' | 'gradient' | 'magnitude' | 'random';

/** What some criteria need besides the field. */
export interface CriterionNeeds {
  /** The objective, for `gradient`. */
  readonly terms: readonly ObjectiveTerm[];
  /** For `random` and `gradient`; 0 if absent. */
  readonly seed?: number;
}

/** Makes each criterion by its name. */
export const criteria: Readonly<Record<CriterionName, (needs: CriterionNeeds) => Criterion>> = {
  outgoing: () => outgoingNorm(),
  bessel: () => besselBound(),
  gradient: ({ terms, seed = 0 }) => gradientTimesWeight({ terms, seed }),
  magnitude: () => magnitude(),
  random: ({ seed = 0 }) => randomScores({ seed }),
};
