/**
 * @file The activation's rule for the jets of a tile of points, and its reverse; the formulas stand in core's `layers/activation-jet.ts`.
 *
 * The jet of a tile is a stack of blocks of rows, one row a point: the values, the d first derivatives, the m second-order forms. So all of
 * them go through a layer's matrix in one product.
 */
import {
  derivatives,
  FINER,
  IDENTITY,
  PRELU,
  RELU,
  reluSlopes,
  SINE,
  scaled,
  signOf,
  sineDerivatives,
  TANH,
  tanhSlopes,
} from './activations';
import { FLOAT, multiplyAdd } from './simd';

/** What is carried; see `SecondOrderForms` in core. Written by `src/field-jet/layout.ts`. */
// @ts-ignore: decorator
@unmanaged
export class Forms {
  /** First derivatives carried: 0 or the number of coordinates. */
  first: i32;
  /** Second-order forms carried. */
  second: i32;
  pairCount: i32;
  /** i32 `[pairCount][2]` */
  pairs: usize;
  /** f32 `[second][pairCount]` */
  weights: usize;
  /** Bytes from one row of the slopes' scratch to the next. */
  slopeBytes: usize;
}

// @ts-ignore: decorator
@inline
function weightOf(forms: Forms, form: i32, pair: i32): v128 {
  return v128.load32_splat(forms.weights + (<usize>(form * forms.pairCount + pair)) * FLOAT);
}

// @ts-ignore: decorator
@inline
function pairIndex(forms: Forms, pair: i32, side: usize): usize {
  return load<u32>(forms.pairs + (<usize>pair) * 8 + side * 4);
}

/**
 * From the pre-activations Z to H, both `[blocks][points][stride]`. With `leavesSlope` the sine leaves
 * its slope in the place of the value's pre-activations. `slopes` is scratch for two rows.
 */
export function activate(
  kind: i32,
  a: f32,
  b: f32,
  z: usize,
  h: usize,
  stride: usize,
  features: i32,
  points: i32,
  forms: Forms,
  slopes: usize,
  leavesSlope: bool,
): void {
  if (kind == IDENTITY) return;
  const bytes = (<usize>features) * FLOAT;
  const rowBytes = stride * FLOAT;
  const blockBytes = (<usize>points) * rowBytes;
  const order = forms.second > 0 ? 2 : forms.first > 0 ? 1 : 0;
  const s2 = slopes + forms.slopeBytes;
  for (let point = 0; point < points; point++) {
    const z0 = z + (<usize>point) * rowBytes;
    const h0 = h + (<usize>point) * rowBytes;
    let s1 = slopes;
    if (kind == SINE && leavesSlope) {
      s1 = z0;
      sineDerivatives(z0, h0, z0, s2, bytes, a, max(order, 1));
    } else {
      derivatives(kind, a, b, z0, h0, s1, s2, s2, bytes, order);
    }
    for (let k = 1; k <= forms.first; k++) {
      const zk = z0 + (<usize>k) * blockBytes;
      const hk = h0 + (<usize>k) * blockBytes;
      for (let i: usize = 0; i < bytes; i += 16)
        v128.store(hk + i, f32x4.mul(v128.load(s1 + i), v128.load(zk + i)));
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
}

/**
 * One point's part of the sum to which the derivative with respect to a learned parameter is proportional. Where that derivative is a multiple of
 * r(x) s_1, with s_k for the k-th derivative, it is
 *
 *     r s_1 g0 + (r' s_1 + r s_2) (sum_k z1_k g1_k + sum_j z2_j g2_j) + (r'' s_1 + 2 r' s_2 + r s_3) sum_j q_j g2_j
 *
 * For parameters that only scale the argument (core's `activations/scale.ts`) r = x; for the frequency of FINER, s = sin(omega u(x)), r = u / u'; and for
 * the slope of prelu it is min(x, 0) g0 + [x <= 0] (sum_k z1_k g1_k + sum_j z2_j g2_j).
 */
function parameterSum(
  kind: i32,
  z0: usize,
  g0: usize,
  slopes: usize,
  bytes: usize,
  blockBytes: usize,
  forms: Forms,
): f32 {
  const s2 = slopes + forms.slopeBytes;
  const s3 = s2 + forms.slopeBytes;
  const zero = f32x4.splat(0);
  const half = f32x4.splat(0.5);
  const one = f32x4.splat(1);
  const firstForm = 1 + forms.first;
  const blocks = firstForm + forms.second;
  let sum = zero;
  for (let i: usize = 0; i < bytes; i += 16) {
    const x = v128.load(z0 + i);
    const g = v128.load(g0 + i);
    const slope = v128.load(slopes + i);
    let along = zero;
    for (let block = 1; block < blocks; block++) {
      const offset = (<usize>block) * blockBytes + i;
      along = multiplyAdd(v128.load(z0 + offset), v128.load(g0 + offset), along);
    }
    if (kind == PRELU) {
      sum = multiplyAdd(f32x4.min(x, zero), g, sum);
      sum = f32x4.add(sum, v128.and(f32x4.le(x, zero), along));
      continue;
    }
    let r = x;
    let r1 = one;
    let r2 = zero;
    if (kind == FINER) {
      // u = (|x| + 1) x
      const size = f32x4.abs(x);
      const inverse = f32x4.div(one, f32x4.add(f32x4.add(size, size), one));
      const squared = f32x4.mul(inverse, inverse);
      r = f32x4.mul(f32x4.mul(f32x4.add(size, one), x), inverse);
      r1 = f32x4.mul(half, f32x4.add(one, squared));
      r2 = f32x4.mul(f32x4.mul(f32x4.splat(-2), signOf(x)), f32x4.mul(squared, inverse));
    }
    sum = multiplyAdd(f32x4.mul(r, slope), g, sum);
    if (forms.first == 0) continue;
    const curvature = v128.load(s2 + i);
    sum = multiplyAdd(multiplyAdd(r, curvature, f32x4.mul(r1, slope)), along, sum);
    if (forms.second == 0) continue;
    let cross = zero;
    for (let p = 0; p < forms.pairCount; p++) {
      let u = zero;
      for (let j = 0; j < forms.second; j++)
        u = multiplyAdd(weightOf(forms, j, p), v128.load(g0 + (<usize>(firstForm + j)) * blockBytes + i), u);
      const zk = v128.load(z0 + (pairIndex(forms, p, 0) + 1) * blockBytes + i);
      const zl = v128.load(z0 + (pairIndex(forms, p, 1) + 1) * blockBytes + i);
      cross = multiplyAdd(f32x4.mul(u, zk), zl, cross);
    }
    const bends = f32x4.mul(r1, f32x4.add(curvature, curvature));
    sum = multiplyAdd(multiplyAdd(r, v128.load(s3 + i), multiplyAdd(r2, slope, bends)), cross, sum);
  }
  return (
    f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3))
  );
}

/**
 * In place, from the derivatives of the loss with respect to H to those with respect to Z. Z and H are as {@link activate} left them. `slopes` is
 * scratch for four rows. The {@link parameterSum} of the tile is added at `learnedSum`, if that is not 0; Z then holds the pre-activations.
 */
export function activateReverse(
  kind: i32,
  a: f32,
  b: f32,
  z: usize,
  h: usize,
  g: usize,
  stride: usize,
  features: i32,
  points: i32,
  forms: Forms,
  slopes: usize,
  learnedSum: usize,
): void {
  if (kind == IDENTITY) return;
  const bytes = (<usize>features) * FLOAT;
  const rowBytes = stride * FLOAT;
  const blockBytes = (<usize>points) * rowBytes;
  const order = forms.second > 0 ? 3 : forms.first > 0 ? 2 : 1;
  const s2 = slopes + forms.slopeBytes;
  const s3 = s2 + forms.slopeBytes;
  const value = s3 + forms.slopeBytes;
  const firstForm = (<usize>(1 + forms.first)) * blockBytes;
  let learned: f32 = 0;
  for (let point = 0; point < points; point++) {
    const z0 = z + (<usize>point) * rowBytes;
    const h0 = h + (<usize>point) * rowBytes;
    const g0 = g + (<usize>point) * rowBytes;
    let s1 = slopes;
    if (kind == SINE && learnedSum == 0) {
      s1 = z0;
      if (order >= 2) scaled(h0, s2, bytes, -a * a);
      if (order >= 3) scaled(s1, s3, bytes, -a * a);
    } else if (kind == TANH) tanhSlopes(h0, s1, s2, s3, bytes, order);
    else if (kind == RELU) reluSlopes(h0, s1, s2, s3, bytes, order);
    else derivatives(kind, a, b, z0, value, s1, s2, s3, bytes, order);
    if (learnedSum != 0) learned += parameterSum(kind, z0, g0, slopes, bytes, blockBytes, forms);
    if (order == 1) {
      for (let i: usize = 0; i < bytes; i += 16) v128.store(g0 + i, f32x4.mul(v128.load(s1 + i), v128.load(g0 + i)));
      continue;
    }
    for (let i: usize = 0; i < bytes; i += 16) {
      const slope = v128.load(s1 + i);
      const curvature = v128.load(s2 + i);
      let along = f32x4.splat(0);
      for (let k = 1; k <= forms.first; k++) {
        const place = g0 + (<usize>k) * blockBytes + i;
        const gk = v128.load(place);
        along = multiplyAdd(v128.load(z0 + (<usize>k) * blockBytes + i), gk, along);
        v128.store(place, f32x4.mul(slope, gk));
      }
      let result = f32x4.mul(slope, v128.load(g0 + i));
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
          const bend = f32x4.mul(curvature, u);
          v128.store(g0 + k, multiplyAdd(bend, zl, v128.load(g0 + k)));
          v128.store(g0 + l, multiplyAdd(bend, zk, v128.load(g0 + l)));
        }
        for (let j = 0; j < forms.second; j++) {
          const place = g0 + firstForm + (<usize>j) * blockBytes + i;
          v128.store(place, f32x4.mul(slope, v128.load(place)));
        }
        result = multiplyAdd(v128.load(s3 + i), cross, result);
      }
      v128.store(g0 + i, multiplyAdd(curvature, along, result));
    }
  }
  if (learnedSum != 0) store<f32>(learnedSum, load<f32>(learnedSum) + learned);
}
