/** @file The work of a step in matrix products, to compute the rate that a peer reaches in them. */
import { layerSizes } from '../peers/problem-data.ts';
import type { Case } from './results.ts';

/**
 * The floating-point operations of a step's matrix products: two per multiply-add.
 *
 * @param products the number of products of a row with a layer's weight, for each layer and point
 */
export const matrixOperations = ({ width, points }: Omit<Case, 'supervision'>, products: number): number => {
  const sizes = layerSizes(width);
  const weights = sizes.slice(1).reduce((sum, size, i) => sum + size * (sizes[i] as number), 0);
  return 2 * points * weights * products;
};
