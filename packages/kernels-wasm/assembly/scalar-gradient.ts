/**
 * @file The value and the gradient of a field with one output, by a reverse pass for the gradient instead of the jet, and the reverse of both.
 *
 * With u_l = dv/dh_l for the field's value v, and bars for the derivatives of the loss:
 *
 *     forward     z_l = h_(l-1) W_l + b_l      h_l = s(z_l)
 *     adjoint     d_l = u_l s'(z_l)            u_(l-1) = d_l W_l'         u_last = 1, and u_0 is the gradient
 *     sweep       e_l = u-bar_(l-1) W_l        u-bar_l = e_l s'(z_l)      c_l = e_l u_l s''(z_l)       W-bar_l += u-bar_(l-1)' d_l
 *     reverse     z-bar_l = h-bar_l s'(z_l) + c_l      h-bar_(l-1) = z-bar_l W_l'      W-bar_l += h_(l-1)' z-bar_l
 *
 * (reverse mode over reverse mode; Griewank and Walther, "Evaluating Derivatives", 2008, section 5.5). Six products for each layer and point
 * whatever the number of coordinates d, where the jet and its reverse take 3 (1 + d).
 */
import { derivatives, IDENTITY, RELU, reluSlopes, SINE, scaled, TANH, tanhSlopes } from './activations';
import { FieldJob, fillInput, Layer, layerOf } from './field';
import { activate, Forms } from './jet';
import { addLoss, Loss, penaliseBlock } from './loss';
import { addOuterProducts, addRows, PANEL, rowsTimesPanels } from './product';
import { FLOAT, multiplyAdd } from './simd';

/** Makes s' of one point, and s'' for order 2, and says where s' is; s'' lies in the second row of `slopes`. */
function slopesOf(layer: Layer, z: usize, h: usize, slopes: usize, slopeBytes: usize, bytes: usize, order: i32): usize {
  const s2 = slopes + slopeBytes;
  const unused = s2 + slopeBytes;
  const kind = layer.activation;
  if (kind == SINE) {
    if (order == 2) scaled(h, s2, bytes, -layer.a * layer.a);
    return z;
  }
  if (kind == TANH) tanhSlopes(h, slopes, s2, unused, bytes, order);
  else if (kind == RELU) reluSlopes(h, slopes, s2, unused, bytes, order);
  else if (kind == IDENTITY) {
    const one = f32x4.splat(1);
    const zero = f32x4.splat(0);
    for (let i: usize = 0; i < bytes; i += 16) {
      v128.store(slopes + i, one);
      v128.store(s2 + i, zero);
    }
  } else derivatives(kind, layer.a, layer.b, z, unused, slopes, s2, s2, bytes, order);
  return slopes;
}

/** d = u s'(z), for all points of a tile. */
function timesSlopes(job: FieldJob, forms: Forms, layer: Layer, scratch: usize, d: usize): void {
  const bytes = (<usize>(layer.outPanels * PANEL)) * FLOAT;
  const rowBytes = (<usize>layer.stride) * FLOAT;
  for (let point = 0; point < job.tilePoints; point++) {
    const row = (<usize>point) * rowBytes;
    const z = scratch + layer.z + row;
    const s1 = slopesOf(layer, z, scratch + layer.h + row, scratch + job.slopes, forms.slopeBytes, bytes, 1);
    const u = scratch + layer.u + row;
    for (let i: usize = 0; i < bytes; i += 16)
      v128.store(d + row + i, f32x4.mul(v128.load(u + i), v128.load(s1 + i)));
  }
}

/** Forward and adjoint. The gradient is then in `job.g1`, rows `job.inputStride` apart. */
function valueAndGradient(job: FieldJob, forms: Forms, start: i32, scratch: usize): void {
  const tile = job.tilePoints;
  let x = scratch + job.input;
  let strideX = <usize>job.inputStride;
  fillInput(job, 0, 0, start, x);
  for (let index = 0; index < job.layerCount; index++) {
    const layer = layerOf(job, index);
    const z = scratch + layer.z;
    const h = scratch + layer.h;
    const stride = <usize>layer.stride;
    rowsTimesPanels(x, strideX, tile, layer.inFeatures, layer.weights, layer.outPanels, z, stride, layer.bias);
    activate(
      layer.activation,
      layer.a,
      layer.b,
      z,
      h,
      stride,
      layer.outPanels * PANEL,
      tile,
      changetype<Forms>(job.noForms),
      scratch + job.slopes,
      true,
    );
    x = h;
    strideX = stride;
  }
  const last = layerOf(job, job.layerCount - 1);
  memory.fill(scratch + last.u, 0, (<usize>(tile * last.stride)) * FLOAT);
  for (let point = 0; point < tile; point++) store<f32>(scratch + last.u + (<usize>(point * last.stride)) * FLOAT, 1);
  const d = scratch + job.g2;
  for (let index = job.layerCount - 1; index >= 0; index--) {
    const layer = layerOf(job, index);
    timesSlopes(job, forms, layer, scratch, d);
    let target = scratch + job.g1;
    let stride = <usize>job.inputStride;
    if (index > 0) {
      const before = layerOf(job, index - 1);
      target = scratch + before.u;
      stride = <usize>before.stride;
    }
    rowsTimesPanels(d, layer.stride, tile, layer.outFeatures, layer.transposed, layer.inPanels, target, stride, 0);
  }
}

/** From e_l, in place, to u-bar_l, and from u_l, in place, to c_l. */
function bend(job: FieldJob, forms: Forms, layer: Layer, scratch: usize, e: usize): void {
  const bytes = (<usize>(layer.outPanels * PANEL)) * FLOAT;
  const rowBytes = (<usize>layer.stride) * FLOAT;
  const s2 = scratch + job.slopes + forms.slopeBytes;
  for (let point = 0; point < job.tilePoints; point++) {
    const row = (<usize>point) * rowBytes;
    const z = scratch + layer.z + row;
    const s1 = slopesOf(layer, z, scratch + layer.h + row, scratch + job.slopes, forms.slopeBytes, bytes, 2);
    const u = scratch + layer.u + row;
    for (let i: usize = 0; i < bytes; i += 16) {
      const x = v128.load(e + row + i);
      v128.store(u + i, f32x4.mul(f32x4.mul(x, v128.load(u + i)), v128.load(s2 + i)));
      v128.store(e + row + i, f32x4.mul(x, v128.load(s1 + i)));
    }
  }
}

/** From h-bar_l, in place, to z-bar_l; c_l lies in the place of u_l. */
function straighten(job: FieldJob, forms: Forms, layer: Layer, scratch: usize, g: usize): void {
  const bytes = (<usize>(layer.outPanels * PANEL)) * FLOAT;
  const rowBytes = (<usize>layer.stride) * FLOAT;
  for (let point = 0; point < job.tilePoints; point++) {
    const row = (<usize>point) * rowBytes;
    const z = scratch + layer.z + row;
    const s1 = slopesOf(layer, z, scratch + layer.h + row, scratch + job.slopes, forms.slopeBytes, bytes, 1);
    const c = scratch + layer.u + row;
    for (let i: usize = 0; i < bytes; i += 16)
      v128.store(g + row + i, multiplyAdd(v128.load(g + row + i), v128.load(s1 + i), v128.load(c + i)));
  }
}

/** Works out the values and the gradients of the tiles of one thread. */
export function scalarGradientForward(job: FieldJob, thread: i32, threads: i32): void {
  const forms = changetype<Forms>(job.forms);
  const scratch = job.scratch + (<usize>thread) * job.scratchBytes;
  const last = layerOf(job, job.layerCount - 1);
  const tile = job.tilePoints;
  const n = job.points;
  for (let start = thread * tile; start < n; start += threads * tile) {
    valueAndGradient(job, forms, start, scratch);
    const count = min(tile, n - start);
    for (let i = 0; i < count; i++) {
      const value = scratch + last.h + (<usize>(i * last.stride)) * FLOAT;
      const gradient = scratch + job.g1 + (<usize>(i * job.inputStride)) * FLOAT;
      store<f32>(job.outputs + (<usize>(start + i)) * FLOAT, load<f32>(value));
      for (let k = 0; k < job.inFeatures; k++)
        store<f32>(
          job.outputs + (<usize>((k + 1) * n + start + i)) * FLOAT,
          load<f32>(gradient + (<usize>k) * FLOAT),
        );
    }
  }
}

function reverseTile(job: FieldJob, forms: Forms, start: i32, scratch: usize, gradients: usize): void {
  const tile = job.tilePoints;
  const n = job.points;
  const count = min(tile, n - start);
  let b = scratch + job.g0;
  let e = scratch + job.g1;
  const d = scratch + job.g2;
  memory.fill(b, 0, (<usize>(tile * job.inputStride)) * FLOAT);
  for (let i = 0; i < count; i++)
    for (let k = 0; k < job.inFeatures; k++)
      store<f32>(
        b + (<usize>(i * job.inputStride)) * FLOAT + (<usize>k) * FLOAT,
        load<f32>(job.upstream + (<usize>((k + 1) * n + start + i)) * FLOAT),
      );
  let strideB = <usize>job.inputStride;
  for (let index = 0; index < job.layerCount; index++) {
    const layer = layerOf(job, index);
    const stride = <usize>layer.stride;
    const paddedIn = (layer.inFeatures + 3) & ~3;
    timesSlopes(job, forms, layer, scratch, d);
    addOuterProducts(b, strideB, tile, paddedIn, d, stride, layer.outPanels, gradients + layer.weightGradient);
    rowsTimesPanels(b, strideB, tile, layer.inFeatures, layer.weights, layer.outPanels, e, stride, 0);
    bend(job, forms, layer, scratch, e);
    const swap = b;
    b = e;
    e = swap;
    strideB = stride;
  }
  let g = scratch + job.g0;
  let other = scratch + job.g1;
  const last = layerOf(job, job.layerCount - 1);
  memory.fill(g, 0, (<usize>(tile * last.stride)) * FLOAT);
  for (let i = 0; i < count; i++)
    store<f32>(
      g + (<usize>(i * last.stride)) * FLOAT,
      load<f32>(job.upstream + (<usize>(start + i)) * FLOAT),
    );
  for (let index = job.layerCount - 1; index >= 0; index--) {
    const layer = layerOf(job, index);
    const stride = <usize>layer.stride;
    const paddedIn = (layer.inFeatures + 3) & ~3;
    straighten(job, forms, layer, scratch, g);
    let x = scratch + job.input;
    let strideX = <usize>job.inputStride;
    if (index > 0) {
      const before = layerOf(job, index - 1);
      x = scratch + before.h;
      strideX = <usize>before.stride;
    }
    addOuterProducts(x, strideX, tile, paddedIn, g, stride, layer.outPanels, gradients + layer.weightGradient);
    addRows(g, stride, tile, layer.outPanels, gradients + layer.biasGradient);
    rowsTimesPanels(g, stride, tile, layer.outFeatures, layer.transposed, layer.inPanels, other, strideX, 0);
    const swap = g;
    g = other;
    other = swap;
  }
  for (let i = 0; i < count; i++)
    memory.copy(
      job.coordsGradient + (<usize>((start + i) * job.inFeatures)) * FLOAT,
      g + (<usize>(i * job.inputStride)) * FLOAT,
      (<usize>job.inFeatures) * FLOAT,
    );
}

/** Adds the gradients of the tiles of one thread to that thread's sums. */
export function scalarGradientReverse(job: FieldJob, thread: i32, threads: i32): void {
  const forms = changetype<Forms>(job.forms);
  const scratch = job.scratch + (<usize>thread) * job.scratchBytes;
  const gradients = job.gradients + (<usize>thread) * job.gradientBytes;
  for (let start = thread * job.tilePoints; start < job.points; start += threads * job.tilePoints) {
    valueAndGradient(job, forms, start, scratch);
    reverseTile(job, forms, start, scratch, gradients);
  }
}

/** The loss of the tiles of one thread, and its gradients, added to that thread's sums. */
export function scalarGradientLoss(job: FieldJob, thread: i32, threads: i32): void {
  const forms = changetype<Forms>(job.forms);
  const loss = changetype<Loss>(job.loss);
  const scratch = job.scratch + (<usize>thread) * job.scratchBytes;
  const gradients = job.gradients + (<usize>thread) * job.gradientBytes;
  const last = layerOf(job, job.layerCount - 1);
  for (let start = thread * job.tilePoints; start < job.points; start += threads * job.tilePoints) {
    valueAndGradient(job, forms, start, scratch);
    const values = scratch + last.h;
    addLoss(loss, thread, penaliseBlock(job, loss, 0, start, values, (<usize>last.stride) * FLOAT));
    for (let k = 0; k < job.inFeatures; k++) {
      const derivatives = scratch + job.g1 + (<usize>k) * FLOAT;
      addLoss(loss, thread, penaliseBlock(job, loss, k + 1, start, derivatives, (<usize>job.inputStride) * FLOAT));
    }
    reverseTile(job, forms, start, scratch, gradients);
  }
}
