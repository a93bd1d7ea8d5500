import { describe, expect, it } from 'vitest';
import type { JetShape } from '../../../src/wgsl/jet-rule.ts';
import { cornerFormulas, eachCorner, type GridShape } from '../../../src/wgsl/ops/grid-cells.ts';

const plane: GridShape = {
  axes: 2,
  rows: 25,
  rowFeatures: 2,
  levels: 1,
  interpolation: 'linear',
  isCoords: true,
  own: false,
};
const laplacian: JetShape = {
  first: 2,
  second: 2,
  pairs: [
    [0, 0],
    [0, 1],
    [1, 1],
  ],
  weights: [
    [1, 0, 1],
    [0, 2, 0],
  ],
};

describe('the coefficients of a corner', () => {
  it('use the known derivatives of coordinates', () => {
    const { weight, weightByValue } = cornerFormulas(plane, laplacian);
    expect([0, 1, 2, 3, 4].map(weight)).toEqual(['s', 's0', 's1', '0.0', '2.0 * s0_1']);
    expect([0, 1, 2, 3, 4].map(block => weightByValue(block, 0))).toEqual(['s0', '0.0', 's0_1', '0.0', '0.0']);
  });

  it('use the derivatives of other inputs', () => {
    const { weight, formByFirst } = cornerFormulas({ ...plane, isCoords: false }, laplacian);
    expect(weight(1)).toBe('x1_0 * s0 + x1_1 * s1');
    expect(weight(4)).toBe('x4_0 * s0 + x4_1 * s1 + 2.0 * x1_0 * x2_1 * s0_1 + 2.0 * x2_0 * x1_1 * s0_1');
    expect(formByFirst(4, 1, 0)).toBe('2.0 * x1_1 * s0_1');
  });
});

describe('the coefficients of a corner with smooth weights', () => {
  const smooth: GridShape = { ...plane, interpolation: 'smoothstep' };

  it('have second and third derivatives along one axis', () => {
    const { weight, weightByValue } = cornerFormulas(smooth, laplacian);
    expect([0, 1, 2, 3, 4].map(weight)).toEqual(['s', 's0', 's1', 's0_0 + s1_1', '2.0 * s0_1']);
    expect([0, 1, 2, 3, 4].map(block => weightByValue(block, 0))).toEqual([
      's0',
      's0_0',
      's0_1',
      's0_0_0 + s0_1_1',
      '2.0 * s0_0_1',
    ]);
  });

  it('are products of cubic polynomials', () => {
    expect(eachCorner({ ...smooth, axes: 1 }, 3, '')).toMatchInlineSnapshot(`
      "for (var corner = 0u; corner < 2u; corner++) {
        let bit0 = (corner >> 0u) & 1u;
        let w0 = select(1.0 - (((-2.0 * t0 + 3.0) * t0) * t0), ((-2.0 * t0 + 3.0) * t0) * t0, bit0 == 1u);
        let d0 = select(-(((-6.0 * t0 + 6.0) * t0) * scale), ((-6.0 * t0 + 6.0) * t0) * scale, bit0 == 1u);
        let dd0 = select(-((-12.0 * t0 + 6.0) * scale * scale), (-12.0 * t0 + 6.0) * scale * scale, bit0 == 1u);
        let ddd0 = select(-(-12.0 * scale * scale * scale), -12.0 * scale * scale * scale, bit0 == 1u);
        let side = info.x + 1u;
        let hash = ((cell0 + bit0) * 1u);
        let row = info.y + select((cell0 + bit0), hash & (info.z - 1u), info.w == 1u);
        let s = w0;
        let s0 = d0;
        let s0_0 = dd0;
        let s0_0_0 = ddd0;
      }"
    `);
  });

  it('have no derivatives where the nearest vertex counts alone', () => {
    const { weight } = cornerFormulas({ ...plane, interpolation: 'nearest' }, laplacian);
    expect([0, 1, 4].map(weight)).toEqual(['s', '0.0', '0.0']);
    expect(eachCorner({ ...plane, axes: 1, interpolation: 'nearest' }, 3, '')).toMatchInlineSnapshot(`
      "for (var corner = 0u; corner < 2u; corner++) {
        let bit0 = (corner >> 0u) & 1u;
        let w0 = select(1.0 - (select(0.0, 1.0, t0 > 0.5)), select(0.0, 1.0, t0 > 0.5), bit0 == 1u);
        let side = info.x + 1u;
        let hash = ((cell0 + bit0) * 1u);
        let row = info.y + select((cell0 + bit0), hash & (info.z - 1u), info.w == 1u);
        let s = w0;
      }"
    `);
  });
});

it('the row of a corner is its hash, or its index among all vertices', () => {
  expect(eachCorner({ ...plane, axes: 3 }, 0, '')).toMatchInlineSnapshot(`
    "for (var corner = 0u; corner < 8u; corner++) {
      let bit0 = (corner >> 0u) & 1u;
      let w0 = select(1.0 - t0, t0, bit0 == 1u);
      let bit1 = (corner >> 1u) & 1u;
      let w1 = select(1.0 - t1, t1, bit1 == 1u);
      let bit2 = (corner >> 2u) & 1u;
      let w2 = select(1.0 - t2, t2, bit2 == 1u);
      let side = info.x + 1u;
      let hash = ((cell0 + bit0) * 1u) ^ ((cell1 + bit1) * 2654435761u) ^ ((cell2 + bit2) * 805459861u);
      let row = info.y + select(((cell0 + bit0) + side * ((cell1 + bit1) + side * (cell2 + bit2))), hash & (info.z - 1u), info.w == 1u);
      let s = w0 * w1 * w2;
    }"
  `);
});
