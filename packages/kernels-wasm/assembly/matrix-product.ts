/**
 * @file Matrix products. The right operand is stored in panels of 8 columns, `[n / 8][k][8]`, so that the innermost
 *   loop reads it sequentially.
 *
 * The register tile is 4 x 8: eight sums, two vectors of the panel and one factor at a time. With fifteen or more live
 * vectors, or with the loop over k unrolled, V8 spills registers to memory.
 */
import { FLOAT, multiplyAdd } from './simd';
import { transposeFour } from './transpose';

/** Columns in a panel. */
export const PANEL: i32 = 8;

/**
 * C = A B + 1 bias, for `rows` rows of A.
 *
 * @param a `[rows][k]`, its rows `strideA` floats apart; `rows` is a multiple of 4
 * @param panels B, `[panelCount][k][8]`
 * @param c `[rows][8 panelCount]`, its rows `strideC` floats apart
 * @param bias `[8 panelCount]`, or 0 for none
 */
export function rowsTimesPanels(
  a: usize,
  strideA: usize,
  rows: i32,
  k: i32,
  panels: usize,
  panelCount: i32,
  c: usize,
  strideC: usize,
  bias: usize,
): void {
  const nextA = strideA * FLOAT;
  const nextC = strideC * FLOAT;
  const panelBytes = <usize>k * 32;
  for (let p = 0; p < panelCount; p++) {
    const panel = panels + <usize>p * panelBytes;
    const panelEnd = panel + panelBytes;
    let start0 = f32x4.splat(0);
    let start1 = f32x4.splat(0);
    if (bias != 0) {
      start0 = v128.load(bias + <usize>p * 32);
      start1 = v128.load(bias + <usize>p * 32, 16);
    }
    let rowA = a;
    let rowC = c + <usize>p * 32;
    for (let row = 0; row < rows; row += 4) {
      let a0 = rowA;
      let a1 = a0 + nextA;
      let a2 = a1 + nextA;
      let a3 = a2 + nextA;
      let c00 = start0,
        c01 = start1;
      let c10 = start0,
        c11 = start1;
      let c20 = start0,
        c21 = start1;
      let c30 = start0,
        c31 = start1;
      for (let b = panel; b < panelEnd; b += 32) {
        const b0 = v128.load(b);
        const b1 = v128.load(b, 16);
        const x0 = v128.load32_splat(a0);
        c00 = multiplyAdd(x0, b0, c00);
        c01 = multiplyAdd(x0, b1, c01);
        const x1 = v128.load32_splat(a1);
        c10 = multiplyAdd(x1, b0, c10);
        c11 = multiplyAdd(x1, b1, c11);
        const x2 = v128.load32_splat(a2);
        c20 = multiplyAdd(x2, b0, c20);
        c21 = multiplyAdd(x2, b1, c21);
        const x3 = v128.load32_splat(a3);
        c30 = multiplyAdd(x3, b0, c30);
        c31 = multiplyAdd(x3, b1, c31);
        a0 += FLOAT;
        a1 += FLOAT;
        a2 += FLOAT;
        a3 += FLOAT;
      }
      const r1 = rowC + nextC;
      const r2 = r1 + nextC;
      const r3 = r2 + nextC;
      v128.store(rowC, c00);
      v128.store(rowC, c01, 16);
      v128.store(r1, c10);
      v128.store(r1, c11, 16);
      v128.store(r2, c20);
      v128.store(r2, c21, 16);
      v128.store(r3, c30);
      v128.store(r3, c31, 16);
      rowA += nextA * 4;
      rowC += nextC * 4;
    }
  }
}

/**
 * G += A' B, the gradient of a weight: the sum over rows of the outer products. The rows are summed first and the sum
 * is then added to G, so that the rounding error grows with the number of tiles, not of points.
 *
 * @param a `[rows][k]`, its rows `strideA` floats apart; k is a multiple of 4
 * @param b `[rows][8 panelCount]`, its rows `strideB` floats apart
 * @param g `[panelCount][k][8]`
 */
export function addOuterProducts(
  a: usize,
  strideA: usize,
  rows: i32,
  k: i32,
  b: usize,
  strideB: usize,
  panelCount: i32,
  g: usize,
): void {
  const nextA = strideA * FLOAT;
  const nextB = strideB * FLOAT;
  for (let p = 0; p < panelCount; p++) {
    const columnB = b + <usize>p * 32;
    const endB = columnB + <usize>rows * nextB;
    let tile = g + <usize>p * <usize>k * 32;
    for (let i = 0; i < k; i += 4) {
      let x = a + <usize>i * FLOAT;
      let c00 = f32x4.splat(0),
        c01 = f32x4.splat(0);
      let c10 = f32x4.splat(0),
        c11 = f32x4.splat(0);
      let c20 = f32x4.splat(0),
        c21 = f32x4.splat(0);
      let c30 = f32x4.splat(0),
        c31 = f32x4.splat(0);
      for (let y = columnB; y < endB; y += nextB) {
        const b0 = v128.load(y);
        const b1 = v128.load(y, 16);
        const x0 = v128.load32_splat(x);
        c00 = multiplyAdd(x0, b0, c00);
        c01 = multiplyAdd(x0, b1, c01);
        const x1 = v128.load32_splat(x, 4);
        c10 = multiplyAdd(x1, b0, c10);
        c11 = multiplyAdd(x1, b1, c11);
        const x2 = v128.load32_splat(x, 8);
        c20 = multiplyAdd(x2, b0, c20);
        c21 = multiplyAdd(x2, b1, c21);
        const x3 = v128.load32_splat(x, 12);
        c30 = multiplyAdd(x3, b0, c30);
        c31 = multiplyAdd(x3, b1, c31);
        x += nextA;
      }
      v128.store(tile, f32x4.add(v128.load(tile), c00));
      v128.store(tile, f32x4.add(v128.load(tile, 16), c01), 16);
      v128.store(tile, f32x4.add(v128.load(tile, 32), c10), 32);
      v128.store(tile, f32x4.add(v128.load(tile, 48), c11), 48);
      v128.store(tile, f32x4.add(v128.load(tile, 64), c20), 64);
      v128.store(tile, f32x4.add(v128.load(tile, 80), c21), 80);
      v128.store(tile, f32x4.add(v128.load(tile, 96), c30), 96);
      v128.store(tile, f32x4.add(v128.load(tile, 112), c31), 112);
      tile += 128;
    }
  }
}

/**
 * g += the sum of `rows` rows of b: the gradient of a bias. `[8 panelCount]`, summed as in {@link addOuterProducts}.
 */
export function addRows(b: usize, strideB: usize, rows: i32, panelCount: i32, g: usize): void {
  const nextB = strideB * FLOAT;
  for (let p = 0; p < panelCount; p++) {
    const column = b + <usize>p * 32;
    const end = column + <usize>rows * nextB;
    let s0 = f32x4.splat(0),
      s1 = f32x4.splat(0);
    for (let y = column; y < end; y += nextB) {
      s0 = f32x4.add(s0, v128.load(y));
      s1 = f32x4.add(s1, v128.load(y, 16));
    }
    const address = g + <usize>p * 32;
    v128.store(address, f32x4.add(v128.load(address), s0));
    v128.store(address, f32x4.add(v128.load(address, 16), s1), 16);
  }
}

/**
 * Packs `[k][n]`, rows `stride` floats apart, into panels of 8 columns; the last panel is padded with zeros.
 */
export function packPanels(source: usize, k: i32, n: i32, stride: i32, panels: usize): void {
  let to = panels;
  for (let column = 0; column < n; column += PANEL) {
    const width = min(n - column, PANEL);
    let from = source + <usize>column * FLOAT;
    for (let i = 0; i < k; i++) {
      if (width == PANEL) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
      } else {
        for (let j = 0; j < PANEL; j++) store<f32>(to + <usize>j * FLOAT, j < width ? load<f32>(from + <usize>j * FLOAT) : 0);
      }
      from += <usize>stride * FLOAT;
      to += 32;
    }
  }
}

/** Packs the transpose of `[n][k]`, rows `stride` floats apart, into panels of 8 of its n columns. */
export function packTransposedPanels(source: usize, k: i32, n: i32, stride: i32, panels: usize): void {
  const next = <usize>stride * FLOAT;
  let to = panels;
  for (let column = 0; column < n; column += PANEL) {
    const width = min(n - column, PANEL);
    const from = source + <usize>column * next;
    let i = 0;
    if (width == PANEL)
      for (; i + 4 <= k; i += 4) {
        const part = from + <usize>i * FLOAT;
        transposeFour(part, next, to, 32);
        transposeFour(part + next * 4, next, to + 16, 32);
        to += 128;
      }
    for (; i < k; i++) {
      for (let j = 0; j < PANEL; j++)
        store<f32>(to + <usize>j * FLOAT, j < width ? load<f32>(from + <usize>j * next + <usize>i * FLOAT) : 0);
      to += 32;
    }
  }
}
