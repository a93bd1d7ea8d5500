import { type Criterion, productsOf, type Ranked, rowNorms, Scores } from './criterion.ts';

/** The score sum_o |W_jo| of each unit j. */
export const outgoingNorms = (ranked: Ranked): Scores => {
  const scores = new Scores();
  for (const product of productsOf(ranked))
    for (const [j, norm] of rowNorms(product).entries()) scores.add(product.inputs[j], norm);
  return scores;
};

/**
 * The L1 norm of a unit's outgoing weights: sum_o |W_jo| over all products that read it. The criterion of AIRe,
 * arXiv:2510.23943, and of the L1 pruning of Novello et al. 2025, arXiv:2407.21121.
 */
export const outgoingNorm = (): Criterion => ({
  name: 'outgoing',
  describe: () => 'outgoing',
  scores: ranked => outgoingNorms(ranked).values,
});
