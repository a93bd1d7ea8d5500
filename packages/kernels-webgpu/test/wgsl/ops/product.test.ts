import { expect, it } from 'vitest';
import type { JetShape } from '../../../src/wgsl/jet-rule.ts';
import { backwardProduct, productOfJets } from '../../../src/wgsl/ops/product.ts';

const mixed: JetShape = {
  first: 2,
  second: 1,
  pairs: [
    [0, 0],
    [0, 1],
  ],
  weights: [[1, -0.5]],
};

const body = (code: string): string => code.slice(code.indexOf('if (point >='));

it('follows the product rule', () => {
  expect(body(productOfJets(3, mixed).code)).toMatchInlineSnapshot(`
    "if (point >= sizes.points) { return; }
      let a0 = left[(0u * sizes.points + point) * 1u + vector];
      let a1 = left[(1u * sizes.points + point) * 1u + vector];
      let a2 = left[(2u * sizes.points + point) * 1u + vector];
      let a3 = left[(3u * sizes.points + point) * 1u + vector];
      let b0 = right[(0u * sizes.points + point) * 1u + vector];
      let b1 = right[(1u * sizes.points + point) * 1u + vector];
      let b2 = right[(2u * sizes.points + point) * 1u + vector];
      let b3 = right[(3u * sizes.points + point) * 1u + vector];
      h[(0u * sizes.points + point) * 1u + vector] = a0 * b0;
      h[(1u * sizes.points + point) * 1u + vector] = a1 * b0 + a0 * b1;
      h[(2u * sizes.points + point) * 1u + vector] = a2 * b0 + a0 * b2;
      h[(3u * sizes.points + point) * 1u + vector] = a3 * b0 + a0 * b3 + (a1 * b1 + a1 * b1) + -0.5 * (a1 * b2 + a2 * b1);
    }"
  `);
});

it('computes the gradient of one factor from the other', () => {
  expect(body(backwardProduct(3, mixed, true).code)).toMatchInlineSnapshot(`
    "if (point >= sizes.points) { return; }
      let b0 = other[(0u * sizes.points + point) * 1u + vector];
      let b1 = other[(1u * sizes.points + point) * 1u + vector];
      let b2 = other[(2u * sizes.points + point) * 1u + vector];
      let b3 = other[(3u * sizes.points + point) * 1u + vector];
      let g0 = upstream[(0u * sizes.points + point) * 1u + vector];
      let g1 = upstream[(1u * sizes.points + point) * 1u + vector];
      let g2 = upstream[(2u * sizes.points + point) * 1u + vector];
      let g3 = upstream[(3u * sizes.points + point) * 1u + vector];
      let u0 = g3;
      let u1 = -0.5 * g3;
      result[(0u * sizes.points + point) * 1u + vector] += b0 * g0 + b1 * g1 + b2 * g2 + b3 * g3;
      result[(1u * sizes.points + point) * 1u + vector] += b0 * g1 + u0 * b1 + u0 * b1 + u1 * b2;
      result[(2u * sizes.points + point) * 1u + vector] += b0 * g2 + u1 * b1;
      result[(3u * sizes.points + point) * 1u + vector] += b0 * g3;
    }"
  `);
});
