import { type AdamOptions, adam, type ParameterGroup } from '@neural-fields/core';

/**
 * The tables of all grids as a group of `fit`, with Adam as in Instant-NGP: learning rate 1e-2, beta2 0.99, epsilon
 * 1e-15, with which rows of small gradients move as fast as others (Mueller et al. 2022, arXiv:2201.05989, section 4,
 * "Training").
 *
 *     fit(field, terms, { steps, optimizer: adam({ learningRate: 1e-2 }), groups: [tableGroup({ lazy: true })] });
 *
 * @param options in place of these
 * @throws RangeError or TypeError when an option of Adam is wrong
 */
export const tableGroup = (options: AdamOptions = {}): ParameterGroup => ({
  parameters: { group: 'table' },
  optimizer: adam({ learningRate: 1e-2, beta2: 0.99, epsilon: 1e-15, ...options }),
});
