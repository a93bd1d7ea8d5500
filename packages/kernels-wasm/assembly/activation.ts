/**
 * @file Applies a scalar function to the jets of a tile of points, forward and backward; the formulas are in core's
 *   `jets/activation-jet.ts`.
 *
 * The derivatives of the function come from sine.ts, row by row, or from formulas, which process a piece at a time: a
 * few rows, or a part of a long one. The chain rule is the same for both.
 */
import { BLOCK, Formula, REGISTER_BYTES, resultOf, runFormula } from './formula';
import { Forms, pairIndex, rowBytesOf, weightOf } from './program';
import { FLOAT, multiplyAdd } from './simd';
import { secondDerivative, sineDerivatives } from './sine';

/** Evaluated by formulas. */
export const ACTIVATION_FORMULA: i32 = 0;
/** sin(omega x), evaluated by sine.ts. */
export const ACTIVATION_SINE: i32 = 1;

/** A scalar function with its parameters. */
// @ts-ignore: decorator
@unmanaged
export class Activation {
  /** ACTIVATION_FORMULA or ACTIVATION_SINE. */
  kind: i32;
  /** The table of the formulas, see formula.ts: the parameters in the order of the definition, then the constants. */
  table: usize;
  /**
   * A record of formula.ts with the results s, s', s'' up to the jet's order, and the derivatives that are kept for the
   * backward pass. 0 for the sine, like `backward`.
   */
  forward: usize;
  /**
   * A record of formula.ts with the results s', s'', s''' up to one more than the jet's order, then for each learned
   * parameter the derivatives of s, s', s'' with respect to it.
   */
  backward: usize;
  /**
   * How many derivatives the forward pass keeps: s' overwrites the value block of the pre-activations, the others are
   * contiguous. 0 if it keeps none.
   */
  keptDerivativeCount: i32;
  /** Registers of the formulas. */
  registerCount: i32;
  learnedCount: i32;
  /** u32 `[learnedCount]`: offsets of their gradients, one float each, into a thread's gradients. */
  learned: usize;
}

// @ts-ignore: decorator
@inline
function omegaOf(activation: Activation): f32 {
  return load<f32>(activation.table);
}

/**
 * Copies a piece of the pre-activations to the first register: `count` rows of `bytes`, `rowBytes` apart in `z` and
 * contiguous in the register.
 */
// @ts-ignore: decorator
@inline
function loadPiece(z: usize, rowBytes: usize, count: i32, bytes: usize, registers: usize): void {
  for (let row = 0; row < count; row++) {
    const from = z + (<usize>row) * rowBytes;
    const to = registers + (<usize>row) * bytes;
    for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, v128.load(from + i));
  }
}

/** Rows in a piece. */
// @ts-ignore: decorator
@inline
function pieceRows(features: i32): i32 {
  return max(1, BLOCK / ((features + 7) & ~7));
}

/** The derivative blocks of a row, without its values. */
function chainForward(z0: usize, h0: usize, s1: usize, s2: usize, bytes: usize, blockBytes: usize, forms: Forms): void {
  for (let k = 1; k <= forms.first; k++) {
    const zk = z0 + (<usize>k) * blockBytes;
    const hk = h0 + (<usize>k) * blockBytes;
    for (let i: usize = 0; i < bytes; i += 16) v128.store(hk + i, f32x4.mul(v128.load(s1 + i), v128.load(zk + i)));
  }
  const z1 = z0 + blockBytes;
  const firstForm = (<usize>(1 + forms.first)) * blockBytes;
  for (let j = 0; j < forms.second; j++) {
    const zj = z0 + firstForm + (<usize>j) * blockBytes;
    const hj = h0 + firstForm + (<usize>j) * blockBytes;
    for (let i: usize = 0; i < bytes; i += 16) {
      let q = f32x4.splat(0);
      for (let p = 0; p < forms.pairCount; p++) {
        const x = v128.load(z1 + pairIndex(forms, p, 0) * blockBytes + i);
        const y = v128.load(z1 + pairIndex(forms, p, 1) * blockBytes + i);
        q = multiplyAdd(f32x4.mul(weightOf(forms, j, p), x), y, q);
      }
      v128.store(hj + i, multiplyAdd(v128.load(s1 + i), v128.load(zj + i), f32x4.mul(v128.load(s2 + i), q)));
    }
  }
}

/** Copies contiguous rows to rows `rowBytes` apart. */
// @ts-ignore: decorator
@inline
function storePiece(from: usize, to: usize, rowBytes: usize, count: i32, bytes: usize): void {
  for (let row = 0; row < count; row++) {
    const source = from + (<usize>row) * bytes;
    const target = to + (<usize>row) * rowBytes;
    for (let i: usize = 0; i < bytes; i += 16) v128.store(target + i, v128.load(source + i));
  }
}

/**
 * From Z to H, both `[blocks][points][stride]`. With `forBackward`, the derivatives that the backward pass needs are
 * kept, if the kind keeps any: the first derivative overwrites the value block of Z, which must have no other reader,
 * and the others go to `kept`. `rows` is scratch.
 */
export function activate(
  activation: Activation,
  z: usize,
  h: usize,
  stride: usize,
  features: i32,
  points: i32,
  forms: Forms,
  rows: usize,
  forBackward: bool,
  kept: usize,
): void {
  const bytes = rowBytesOf(features);
  const rowBytes = stride * FLOAT;
  const blockBytes = (<usize>points) * rowBytes;
  if (activation.kind == ACTIVATION_FORMULA) {
    const formula = changetype<Formula>(activation.forward);
    const rowsPerPiece = pieceRows(features);
    for (let point = 0; point < points; point += rowsPerPiece) {
      const count = min(rowsPerPiece, points - point);
      for (let column: usize = 0; column < bytes; column += REGISTER_BYTES) {
        const width = min(bytes - column, <usize>REGISTER_BYTES);
        const zPiece = z + (<usize>point) * rowBytes + column;
        const hPiece = h + (<usize>point) * rowBytes + column;
        loadPiece(zPiece, rowBytes, count, width, rows);
        runFormula(formula, rows, activation.table, (<usize>count) * width);
        storePiece(resultOf(formula, 0, rows), hPiece, rowBytes, count, width);
        if (forBackward)
          for (let k = 1; k <= activation.keptDerivativeCount; k++) {
            const block = k == 1 ? z : kept + (<usize>(k - 2)) * blockBytes;
            storePiece(resultOf(formula, k, rows), block + (zPiece - z), rowBytes, count, width);
          }
        if (forms.first == 0) continue;
        const s1 = resultOf(formula, 1, rows);
        const s2 = forms.second > 0 ? resultOf(formula, 2, rows) : s1;
        for (let row = 0; row < count; row++) {
          const offset = (<usize>row) * rowBytes;
          const within = (<usize>row) * width;
          chainForward(zPiece + offset, hPiece + offset, s1 + within, s2 + within, width, blockBytes, forms);
        }
      }
    }
    return;
  }
  const order = forms.second > 0 ? 2 : forms.first > 0 ? 1 : 0;
  const s2 = rows + bytes;
  const omega = omegaOf(activation);
  for (let point = 0; point < points; point++) {
    const z0 = z + (<usize>point) * rowBytes;
    const h0 = h + (<usize>point) * rowBytes;
    let s1 = rows;
    if (forBackward) {
      s1 = z0;
      sineDerivatives(z0, h0, z0, s2, s2, bytes, omega, max(order, 1));
    } else sineDerivatives(z0, h0, s1, s2, s2, bytes, omega, order);
    if (order > 0) chainForward(z0, h0, s1, s2, bytes, blockBytes, forms);
  }
}

/**
 * From the gradient of a row of H to that of Z, in place. The factors of the gradients of learned parameters, sum_k
 * z1_k g1_k + sum_j z2_j g2_j and sum_j q_j g2_j, are stored at `alongRow` and `crossRow` if those are not 0.
 */
function chainBackward(
  z0: usize,
  g0: usize,
  s1: usize,
  s2: usize,
  s3: usize,
  bytes: usize,
  blockBytes: usize,
  forms: Forms,
  alongRow: usize,
  crossRow: usize,
): void {
  if (forms.first == 0) {
    for (let i: usize = 0; i < bytes; i += 16) v128.store(g0 + i, f32x4.mul(v128.load(s1 + i), v128.load(g0 + i)));
    return;
  }
  const firstForm = (<usize>(1 + forms.first)) * blockBytes;
  for (let i: usize = 0; i < bytes; i += 16) {
    const first = v128.load(s1 + i);
    const second = v128.load(s2 + i);
    let along = f32x4.splat(0);
    for (let k = 1; k <= forms.first; k++) {
      const address = g0 + (<usize>k) * blockBytes + i;
      const gk = v128.load(address);
      along = multiplyAdd(v128.load(z0 + (<usize>k) * blockBytes + i), gk, along);
      v128.store(address, f32x4.mul(first, gk));
    }
    let result = f32x4.mul(first, v128.load(g0 + i));
    if (forms.second > 0) {
      for (let j = 0; j < forms.second; j++) {
        const offset = firstForm + (<usize>j) * blockBytes + i;
        along = multiplyAdd(v128.load(z0 + offset), v128.load(g0 + offset), along);
      }
      let cross = f32x4.splat(0);
      for (let p = 0; p < forms.pairCount; p++) {
        let u = f32x4.splat(0);
        for (let j = 0; j < forms.second; j++)
          u = multiplyAdd(weightOf(forms, j, p), v128.load(g0 + firstForm + (<usize>j) * blockBytes + i), u);
        const k = (pairIndex(forms, p, 0) + 1) * blockBytes + i;
        const l = (pairIndex(forms, p, 1) + 1) * blockBytes + i;
        const zk = v128.load(z0 + k);
        const zl = v128.load(z0 + l);
        cross = multiplyAdd(f32x4.mul(u, zk), zl, cross);
        const scaled = f32x4.mul(second, u);
        v128.store(g0 + k, multiplyAdd(scaled, zl, v128.load(g0 + k)));
        v128.store(g0 + l, multiplyAdd(scaled, zk, v128.load(g0 + l)));
      }
      for (let j = 0; j < forms.second; j++) {
        const address = g0 + firstForm + (<usize>j) * blockBytes + i;
        v128.store(address, f32x4.mul(first, v128.load(address)));
      }
      result = multiplyAdd(v128.load(s3 + i), cross, result);
      if (crossRow != 0) v128.store(crossRow + i, cross);
    }
    v128.store(g0 + i, multiplyAdd(second, along, result));
    if (alongRow != 0) v128.store(alongRow + i, along);
  }
}

/** The same for all rows of a jet without derivatives: G becomes G S', both `[points][stride]`. */
function multiplyByFirstDerivative(s1: usize, g: usize, rowBytes: usize, bytes: usize, points: i32): void {
  const end = (<usize>points) * rowBytes;
  for (let row: usize = 0; row < end; row += rowBytes)
    for (let i: usize = row; i < row + bytes; i += 32) {
      v128.store(g + i, f32x4.mul(v128.load(s1 + i), v128.load(g + i)));
      v128.store(g + i, f32x4.mul(v128.load(s1 + i, 16), v128.load(g + i, 16)), 16);
    }
}

/** sum_i a_i b_i over `count` elements. */
function dot(a: usize, b: usize, count: i32): f32 {
  let total = f32x4.splat(0);
  const whole = (<usize>(count & ~3)) * FLOAT;
  let i: usize = 0;
  for (; i < whole; i += 16) total = multiplyAdd(v128.load(a + i), v128.load(b + i), total);
  let sum =
    f32x4.extract_lane(total, 0) +
    f32x4.extract_lane(total, 1) +
    (f32x4.extract_lane(total, 2) + f32x4.extract_lane(total, 3));
  for (const end = (<usize>count) * FLOAT; i < end; i += FLOAT) sum += load<f32>(a + i) * load<f32>(b + i);
  return sum;
}

/** Adds to the float at an address. */
// @ts-ignore: decorator
@inline
function accumulate(address: usize, part: f32): void {
  store<f32>(address, load<f32>(address) + part);
}

/** {@link activateBackward} by formulas. */
function formulaBackward(
  activation: Activation,
  z: usize,
  g: usize,
  stride: usize,
  features: i32,
  points: i32,
  forms: Forms,
  rows: usize,
  gradients: usize,
): void {
  const bytes = rowBytesOf(features);
  const rowBytes = stride * FLOAT;
  const blockBytes = (<usize>points) * rowBytes;
  const formula = changetype<Formula>(activation.backward);
  const order = forms.second > 0 ? 2 : forms.first > 0 ? 1 : 0;
  const learnedCount = activation.learnedCount;
  const along = rows + (<usize>activation.registerCount) * REGISTER_BYTES;
  const cross = along + REGISTER_BYTES;
  // Each tile is summed separately first, so that the rounding error grows with the number of tiles, not of points.
  const sums = cross + REGISTER_BYTES;
  for (let p = 0; p < learnedCount; p++) store<f32>(sums + (<usize>p) * FLOAT, 0);
  const rowsPerPiece = pieceRows(features);
  for (let point = 0; point < points; point += rowsPerPiece) {
    const count = min(rowsPerPiece, points - point);
    for (let column: usize = 0; column < bytes; column += REGISTER_BYTES) {
      const width = min(bytes - column, <usize>REGISTER_BYTES);
      const zPiece = z + (<usize>point) * rowBytes + column;
      const gPiece = g + (<usize>point) * rowBytes + column;
      loadPiece(zPiece, rowBytes, count, width, rows);
      runFormula(formula, rows, activation.table, (<usize>count) * width);
      const s1 = resultOf(formula, 0, rows);
      const s2 = order > 0 ? resultOf(formula, 1, rows) : s1;
      const s3 = order > 1 ? resultOf(formula, 2, rows) : s1;
      const valid = min(<i32>(width / FLOAT), features - <i32>(column / FLOAT));
      for (let row = 0; row < count; row++) {
        const z0 = zPiece + (<usize>row) * rowBytes;
        const g0 = gPiece + (<usize>row) * rowBytes;
        const within = (<usize>row) * width;
        for (let p = 0; p < learnedCount; p++) {
          const partial = resultOf(formula, (order + 1) * (p + 1), rows) + within;
          accumulate(sums + (<usize>p) * FLOAT, dot(partial, g0, valid));
        }
        const hasLearned = learnedCount > 0;
        chainBackward(
          z0,
          g0,
          s1 + within,
          s2 + within,
          s3 + within,
          width,
          blockBytes,
          forms,
          hasLearned ? along : 0,
          hasLearned ? cross : 0,
        );
        if (order == 0) continue;
        for (let p = 0; p < learnedCount; p++) {
          const first = (order + 1) * (p + 1);
          const sum = sums + (<usize>p) * FLOAT;
          accumulate(sum, dot(resultOf(formula, first + 1, rows) + within, along, valid));
          if (order > 1) accumulate(sum, dot(resultOf(formula, first + 2, rows) + within, cross, valid));
        }
      }
    }
  }
  for (let p = 0; p < learnedCount; p++) {
    const offset = load<u32>(activation.learned + (<usize>p) * 4);
    accumulate(gradients + offset, load<f32>(sums + (<usize>p) * FLOAT));
  }
}

/**
 * From the gradient of the loss with respect to H to that with respect to Z, in place. Z and H are as {@link activate}
 * left them; with `hasKept`, so are the derivatives that it kept. `rows` is scratch; the gradients of learned
 * parameters are added to the thread's gradients.
 */
export function activateBackward(
  activation: Activation,
  z: usize,
  h: usize,
  g: usize,
  stride: usize,
  features: i32,
  points: i32,
  forms: Forms,
  rows: usize,
  gradients: usize,
  hasKept: bool,
  kept: usize,
): void {
  const bytes = rowBytesOf(features);
  const rowBytes = stride * FLOAT;
  const blockBytes = (<usize>points) * rowBytes;
  if (activation.kind == ACTIVATION_FORMULA) {
    if (!hasKept || activation.keptDerivativeCount == 0) {
      formulaBackward(activation, z, g, stride, features, points, forms, rows, gradients);
      return;
    }
    if (forms.first == 0) {
      multiplyByFirstDerivative(z, g, rowBytes, bytes, points);
      return;
    }
    for (let point = 0; point < points; point++) {
      const row = (<usize>point) * rowBytes;
      const second = kept + row;
      chainBackward(z + row, g + row, z + row, second, second + blockBytes, bytes, blockBytes, forms, 0, 0);
    }
    return;
  }
  if (hasKept && forms.first == 0) {
    multiplyByFirstDerivative(z, g, rowBytes, bytes, points);
    return;
  }
  const order = forms.second > 0 ? 3 : forms.first > 0 ? 2 : 1;
  const s2 = rows + bytes;
  const s3 = s2 + bytes;
  const value = s3 + bytes;
  const omega = omegaOf(activation);
  for (let point = 0; point < points; point++) {
    const z0 = z + (<usize>point) * rowBytes;
    const h0 = h + (<usize>point) * rowBytes;
    const g0 = g + (<usize>point) * rowBytes;
    let s1 = rows;
    if (hasKept) {
      s1 = z0;
      if (order >= 2) secondDerivative(h0, s2, bytes, omega);
      if (order >= 3) secondDerivative(s1, s3, bytes, omega);
    } else sineDerivatives(z0, value, s1, s2, s3, bytes, omega, order);
    chainBackward(z0, g0, s1, s2, s3, bytes, blockBytes, forms, 0, 0);
  }
}
