import { engine } from '@tensorflow/tfjs-core';

/**
 * Runs work as if no gradient were being recorded around it: inside a kernel or the gradient of one tfjs records
 * nothing, and a differentiation inside another one's way back loses its tape. What the work returns depends on nothing
 * for tfjs. Where it throws, what its own tape kept is freed.
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
