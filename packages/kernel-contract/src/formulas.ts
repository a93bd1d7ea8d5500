/** @file Activations and a penalty of a user, which together use every operation of formulas. */

import {
  abs,
  add,
  cos,
  defineActivation,
  definePenalty,
  div,
  exp,
  floor,
  greater,
  log,
  max,
  min,
  mul,
  neg,
  type Penalty,
  select,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  square,
  sub,
  tanh,
} from '@neural-fields/core/elementwise';
import type { ActivationDefinition } from '@neural-fields/core/layers';

/** Smooth, with three parameters. */
const smooth = defineActivation({
  kind: 'smooth',
  parameters: { a: 0.7, b: 1.3, c: -0.4 },
  value: (x, { a, b, c }) => {
    const wave = add(mul(a, sin(mul(b, x))), mul(0.5, cos(sub(x, c))));
    return add(wave, mul(c, add(tanh(mul(a, x)), log(add(1, exp(mul(neg(b), square(x))))))));
  },
});

/** With kinks and steps. */
const kinked = defineActivation({
  kind: 'kinked',
  parameters: { a: 0.3 },
  value: (x, { a }) => {
    const steps = add(mul(a, floor(mul(3, x))), mul(0.2, sign(sub(x, 0.1))));
    const parts = select(greater(x, a), mul(x, sigmoid(x)), min(max(mul(2, x), -0.5), abs(mul(a, x))));
    return add(add(steps, parts), sub(softplus(x), div(x, sqrt(add(1, square(x))))));
  },
});

export const userActivations: readonly ActivationDefinition[] = [smooth, kinked];

/** log(1 + (e / c)^2), of the Cauchy distribution. */
export const userPenalty: Penalty = definePenalty({
  kind: 'cauchy',
  parameters: { c: 0.5 },
  value: (error, { c }) => log(add(1, square(div(error, c)))),
});
