import { type Criterion, productsOf, Scores } from './criterion.ts';
import { outgoingNorms } from './outgoing-norm.ts';

/**
 * The L1 norm of the weights that make a unit, sum_i |W_ij|: Li et al. 2017, "Pruning filters for efficient ConvNets",
 * arXiv:1608.08710, section 3.1. For a unit that no trained weights make, e.g. a frozen frequency, that of the weights
 * which read it.
 */
export const magnitude = (): Criterion => ({
  name: 'magnitude',
  describe: () => 'magnitude',
  scores: ranked => {
    const scores = new Scores();
    for (const { operation, weight, outputs } of productsOf(ranked)) {
      if (operation.weight.kind !== 'parameter') continue;
      for (const [i, value] of weight.entries()) scores.add(outputs[i % outputs.length], Math.abs(value));
    }
    return new Map([...outgoingNorms(ranked).values, ...scores.values]);
  },
});
