import { engine } from '@tensorflow/tfjs-core';

/**
 * Runs work outside of the current tape. Needed because tfjs records nothing inside a kernel or its gradient, and a
 * differentiation within another one's backward pass would lose its tape. For tfjs, the result depends on nothing. If
 * the work throws, the tensors that its own tape saved are disposed of.
 */
export const outsideTape = <T>(work: () => T): T => {
  const { state } = engine();
  const { activeTape, gradientDepth, kernelDepth } = state;
  Object.assign(state, { activeTape: [], gradientDepth: 0, kernelDepth: 0 });
  try {
    return work();
  } catch (error) {
    for (const { saved = [] } of state.activeTape ?? []) for (const tensor of saved) tensor.dispose();
    throw error;
  } finally {
    Object.assign(state, { activeTape, gradientDepth, kernelDepth });
  }
};
