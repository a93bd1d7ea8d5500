import { type PointLoss, pointwiseLoss } from '@neural-fields/core';
import { add, definePenalty, div, log, mul, type Penalty, square } from '@neural-fields/core/elementwise';

/**
 * c^2 / 2 log(1 + (e / c)^2): grows with the logarithm of large errors. Barron 2019, arXiv:1701.03077, with alpha = 0.
 */
export const cauchyPenalty = (c: number): Penalty =>
  definePenalty({
    kind: 'cauchy',
    parameters: { c },
    value: (e, symbols) => mul(mul(square(symbols.c), 0.5), log(add(1, square(div(e, symbols.c))))),
  });

/** The Cauchy loss on the value, made from its description. */
export const cauchy = (c: number): PointLoss =>
  pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: cauchyPenalty(c) });
