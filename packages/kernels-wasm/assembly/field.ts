/**
 * @file A chain of dense layers at a batch of points, tile by tile: forward, and the reverse that works the forward out again. A tile's
 * activations stay in the second-level cache, and nothing as large as points times width is ever kept.
 */
import { activate, activateReverse, Forms } from './jet';
import { addLoss, Loss, penaliseBlock } from './loss';
import { addOuterProducts, addRows, PANEL, rowsTimesPanels } from './product';
import { FLOAT } from './simd';

/** One dense layer. Offsets count from the start of a thread's scratch, or of its gradients. Written by `src/field-jet/layout.ts`. */
// @ts-ignore: decorator
@unmanaged
export class Layer {
  inFeatures: i32;
  outFeatures: i32;
  /** Panels of 8 outputs, and of 8 inputs. */
  outPanels: i32;
  inPanels: i32;
  /** Floats from one row of activations to the next. */
  stride: i32;
  activation: i32;
  a: f32;
  b: f32;
  /** `[outPanels][inFeatures][8]` */
  weights: usize;
  /** `[8 outPanels]` */
  bias: usize;
  /** The transpose of the weights: `[inPanels][outFeatures][8]` */
  transposed: usize;
  /** Offset of `[outPanels][inFeatures up to a multiple of 4][8]` */
  weightGradient: usize;
  /** Offset of `[8 outPanels]` */
  biasGradient: usize;
  /** Offsets of the pre-activations and the activations, which are one place for the identity. */
  z: usize;
  h: usize;
  /** Offset of the derivatives of the field's value with respect to the activations; see scalar-gradient.ts. */
  u: usize;
  /** Whether the activation has a learned parameter. */
  learns: i32;
  /** Offset of its sum; see `parameterSum` in jet.ts. */
  learnedSum: usize;
}

/** A batch of points for a network. Written by `src/field-jet/layout.ts`. */
// @ts-ignore: decorator
@unmanaged
export class FieldJob {
  layerCount: i32;
  layers: usize;
  forms: usize;
  inFeatures: i32;
  outFeatures: i32;
  points: i32;
  /** A multiple of 4. */
  tilePoints: i32;
  /** `[points][inFeatures]`, or the jets of an encoding, `[1 + first + second][points][inputFeatures]` */
  coords: usize;
  /** `[1 + first + second][points][outFeatures]` */
  outputs: usize;
  /** The derivatives of the loss with respect to the outputs. */
  upstream: usize;
  /** As `coords`. */
  coordsGradient: usize;
  scratch: usize;
  scratchBytes: usize;
  gradients: usize;
  gradientBytes: usize;
  /** Offsets in a thread's scratch. */
  input: usize;
  g0: usize;
  g1: usize;
  slopes: usize;
  g2: usize;
  /** Forms of a value alone. */
  noForms: usize;
  /** A record of loss.ts, for the jobs that have one. */
  loss: usize;
  /** Whether `coords` are jets. */
  encoded: i32;
  /** Numbers in a row of the input, and floats from one row to the next. */
  inputFeatures: i32;
  inputStride: i32;
}

/** Bytes of a layer's record. */
const LAYER_BYTES: usize = 72;

// @ts-ignore: decorator
@inline
export function layerOf(job: FieldJob, index: i32): Layer {
  return changetype<Layer>(job.layers + (<usize>index) * LAYER_BYTES);
}

/** The input's jet. That of coordinates: themselves, unit first derivatives, no second ones. A tile that is not full repeats the last point. */
export function fillInput(job: FieldJob, first: i32, second: i32, start: i32, input: usize): void {
  const k = job.inputFeatures;
  const tile = job.tilePoints;
  const blocks = 1 + first + second;
  const rowBytes = (<usize>job.inputStride) * FLOAT;
  const given = job.encoded ? blocks : 1;
  memory.fill(input, 0, (<usize>(blocks * tile)) * rowBytes);
  for (let block = 0; block < given; block++)
    for (let i = 0; i < tile; i++) {
      const point = block * job.points + min(start + i, job.points - 1);
      memory.copy(
        input + (<usize>(block * tile + i)) * rowBytes,
        job.coords + (<usize>(point * k)) * FLOAT,
        (<usize>k) * FLOAT,
      );
    }
  if (job.encoded) return;
  for (let axis = 0; axis < first; axis++)
    for (let i = 0; i < tile; i++)
      store<f32>(input + (<usize>((axis + 1) * tile + i)) * rowBytes + (<usize>axis) * FLOAT, 1);
}

function forwardTile(job: FieldJob, forms: Forms, start: i32, scratch: usize, forReverse: bool): void {
  const tile = job.tilePoints;
  const derivativeRows = (forms.first + forms.second) * tile;
  let x = scratch + job.input;
  let strideX = <usize>job.inputStride;
  fillInput(job, forms.first, forms.second, start, x);
  for (let index = 0; index < job.layerCount; index++) {
    const layer = layerOf(job, index);
    const z = scratch + layer.z;
    const h = scratch + layer.h;
    const stride = <usize>layer.stride;
    const k = layer.inFeatures;
    rowsTimesPanels(x, strideX, tile, k, layer.weights, layer.outPanels, z, stride, layer.bias);
    if (derivativeRows > 0) {
      const below = (<usize>tile) * FLOAT;
      rowsTimesPanels(
        x + below * strideX,
        strideX,
        derivativeRows,
        k,
        layer.weights,
        layer.outPanels,
        z + below * stride,
        stride,
        0,
      );
    }
    activate(
      layer.activation,
      layer.a,
      layer.b,
      z,
      h,
      stride,
      layer.outPanels * PANEL,
      tile,
      forms,
      scratch + job.slopes,
      forReverse && layer.learns == 0,
    );
    x = h;
    strideX = stride;
  }
}

function reverseTile(job: FieldJob, forms: Forms, start: i32, scratch: usize, gradients: usize): void {
  const tile = job.tilePoints;
  const count = min(tile, job.points - start);
  const blocks = 1 + forms.first + forms.second;
  const rows = blocks * tile;
  const o = job.outFeatures;
  let g = scratch + job.g0;
  let other = scratch + job.g1;
  const last = layerOf(job, job.layerCount - 1);
  memory.fill(g, 0, (<usize>(rows * last.stride)) * FLOAT);
  for (let block = 0; block < blocks; block++)
    for (let i = 0; i < count; i++)
      memory.copy(
        g + (<usize>((block * tile + i) * last.stride)) * FLOAT,
        job.upstream + (<usize>((block * job.points + start + i) * o)) * FLOAT,
        (<usize>o) * FLOAT,
      );
  for (let index = job.layerCount - 1; index >= 0; index--) {
    const layer = layerOf(job, index);
    const stride = <usize>layer.stride;
    activateReverse(
      layer.activation,
      layer.a,
      layer.b,
      scratch + layer.z,
      scratch + layer.h,
      g,
      stride,
      layer.outPanels * PANEL,
      tile,
      forms,
      scratch + job.slopes,
      layer.learns ? gradients + layer.learnedSum : 0,
    );
    let x = scratch + job.input;
    let strideX = <usize>job.inputStride;
    if (index > 0) {
      const before = layerOf(job, index - 1);
      x = scratch + before.h;
      strideX = <usize>before.stride;
    }
    const paddedIn = (layer.inFeatures + 3) & ~3;
    addOuterProducts(x, strideX, rows, paddedIn, g, stride, layer.outPanels, gradients + layer.weightGradient);
    addRows(g, stride, tile, layer.outPanels, gradients + layer.biasGradient);
    // The first derivatives of coordinates are constant, so only their values have a gradient.
    rowsTimesPanels(
      g,
      stride,
      index > 0 || job.encoded ? rows : tile,
      layer.outFeatures,
      layer.transposed,
      layer.inPanels,
      other,
      strideX,
      0,
    );
    const swap = g;
    g = other;
    other = swap;
  }
  const k = job.inputFeatures;
  const given = job.encoded ? blocks : 1;
  for (let block = 0; block < given; block++)
    for (let i = 0; i < count; i++)
      memory.copy(
        job.coordsGradient + (<usize>((block * job.points + start + i) * k)) * FLOAT,
        g + (<usize>((block * tile + i) * job.inputStride)) * FLOAT,
        (<usize>k) * FLOAT,
      );
}

/** Works out the outputs of the tiles of one thread. */
export function fieldForward(job: FieldJob, thread: i32, threads: i32): void {
  const forms = changetype<Forms>(job.forms);
  const scratch = job.scratch + (<usize>thread) * job.scratchBytes;
  const last = layerOf(job, job.layerCount - 1);
  const blocks = 1 + forms.first + forms.second;
  const tile = job.tilePoints;
  const o = job.outFeatures;
  for (let start = thread * tile; start < job.points; start += threads * tile) {
    forwardTile(job, forms, start, scratch, false);
    const count = min(tile, job.points - start);
    for (let block = 0; block < blocks; block++)
      for (let i = 0; i < count; i++)
        memory.copy(
          job.outputs + (<usize>((block * job.points + start + i) * o)) * FLOAT,
          scratch + last.h + (<usize>((block * tile + i) * last.stride)) * FLOAT,
          (<usize>o) * FLOAT,
        );
  }
}

/** Adds the gradients of the tiles of one thread to that thread's sums. */
export function fieldReverse(job: FieldJob, thread: i32, threads: i32): void {
  const forms = changetype<Forms>(job.forms);
  const scratch = job.scratch + (<usize>thread) * job.scratchBytes;
  const gradients = job.gradients + (<usize>thread) * job.gradientBytes;
  for (let start = thread * job.tilePoints; start < job.points; start += threads * job.tilePoints) {
    forwardTile(job, forms, start, scratch, true);
    reverseTile(job, forms, start, scratch, gradients);
  }
}

/** The loss of the tiles of one thread, and its gradients, added to that thread's sums. */
export function fieldLoss(job: FieldJob, thread: i32, threads: i32): void {
  const forms = changetype<Forms>(job.forms);
  const loss = changetype<Loss>(job.loss);
  const scratch = job.scratch + (<usize>thread) * job.scratchBytes;
  const gradients = job.gradients + (<usize>thread) * job.gradientBytes;
  const last = layerOf(job, job.layerCount - 1);
  const blocks = 1 + forms.first + forms.second;
  const tile = job.tilePoints;
  const rowBytes = (<usize>last.stride) * FLOAT;
  for (let start = thread * tile; start < job.points; start += threads * tile) {
    forwardTile(job, forms, start, scratch, true);
    for (let block = 0; block < blocks; block++) {
      const outputs = scratch + last.h + (<usize>(block * tile)) * rowBytes;
      addLoss(loss, thread, penaliseBlock(job, loss, block, start, outputs, rowBytes));
    }
    reverseTile(job, forms, start, scratch, gradients);
  }
}
