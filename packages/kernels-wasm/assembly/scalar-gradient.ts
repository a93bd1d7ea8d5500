/**
 * @file The value and the gradient of a field with one output, where the gradient comes from an adjoint pass instead of
 *   the jet, and the backward pass through both.
 *
 * With u_l = dv/dh_l for the field's value v, and bars for the derivatives of the loss:
 *
 *     forward     z_l = h_(l-1) W_l + b_l      h_l = s(z_l)
 *     adjoint     d_l = u_l s'(z_l)            u_(l-1) = d_l W_l'         u_last = 1, and u_0 is the gradient
 *     sweep       e_l = u-bar_(l-1) W_l        u-bar_l = e_l s'(z_l)      c_l = e_l u_l s''(z_l)       W-bar_l += u-bar_(l-1)' d_l
 *     backward    z-bar_l = h-bar_l s'(z_l) + c_l      h-bar_(l-1) = z-bar_l W_l'      W-bar_l += h_(l-1)' z-bar_l
 *
 * (reverse mode over reverse mode; Griewank and Walther, "Evaluating Derivatives", 2008, section 5.5). This takes six
 * products for each layer and point, independent of the number of coordinates d; the jet and its backward pass take 3
 * (1 + d).
 */
import { activate, Activation, ACTIVATION_FORMULA } from './activation';
import { addTo, Loss, penaliseBlock } from './loss';
import { addOuterProducts, addRows, rowsTimesPanels } from './matrix-product';
import { linearOf } from './ops/linear';
import {
  Forms,
  inputOf,
  isTileKept,
  lastOperation,
  NONE,
  Operation,
  operandOf,
  operationOf,
  Program,
  rowBytesOf,
} from './program';
import { copyInputGradient, fillInput } from './run-program';
import { FLOAT, multiplyAdd } from './simd';
import { secondDerivative } from './sine';

/**
 * What these passes need in addition to the program. All operations of the program are linear, and each reads the
 * result of the one before.
 */
// @ts-ignore: decorator
@unmanaged
export class Adjoint {
  /** Offsets of two gradient buffers, the second of which receives the field's gradient, and of one for a product. */
  g0: usize;
  g1: usize;
  g2: usize;
  /** A Forms record without derivatives. */
  noForms: usize;
}

// @ts-ignore: decorator
@inline
function adjointOf(program: Program): Adjoint {
  return changetype<Adjoint>(program.adjoint);
}

/** The address of s'' of a row: kept, or computed in the scratch `rows`. */
// @ts-ignore: decorator
@inline
function secondDerivativeOf(activation: Activation, h: usize, kept: usize, bytes: usize, rows: usize): usize {
  if (activation.kind == ACTIVATION_FORMULA) return kept;
  secondDerivative(h, rows, bytes, load<f32>(activation.table));
  return rows;
}

/** d = u s'(z). */
const ADJOINT_ACTIVATION: i32 = 0;
/** Replaces e_l with u-bar_l, and u_l with c_l. */
const SWEEP_ACTIVATION: i32 = 1;
/** Replaces h-bar_l with z-bar_l; c_l is where u_l was. */
const BACKWARD_ACTIVATION: i32 = 2;

/** Applies one of the three to all points of a tile; `x` is the address of d, e_l or h-bar_l. */
function throughActivation(program: Program, operation: Operation, scratch: usize, pass: i32, x: usize): void {
  const linear = linearOf(operation);
  const bytes = rowBytesOf(operation.features);
  const rowBytes = (<usize>operation.stride) * FLOAT;
  const tile = program.tilePoints;
  const u = scratch + linear.u;
  if (linear.activation == 0) {
    // s' = 1 and s'' = 0.
    for (let point = 0; point < tile; point++) {
      const row = (<usize>point) * rowBytes;
      for (let i: usize = row; i < row + bytes; i += 16) {
        if (pass == ADJOINT_ACTIVATION) v128.store(x + i, v128.load(u + i));
        else if (pass == SWEEP_ACTIVATION) v128.store(u + i, f32x4.splat(0));
      }
    }
    return;
  }
  const activation = changetype<Activation>(linear.activation);
  const rows = scratch + program.temporaries;
  for (let point = 0; point < tile; point++) {
    const row = (<usize>point) * rowBytes;
    // The forward pass has overwritten the pre-activations with the first derivative.
    const s1 = scratch + linear.z + row;
    const to = x + row;
    const ur = u + row;
    if (pass == ADJOINT_ACTIVATION) {
      for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, f32x4.mul(v128.load(ur + i), v128.load(s1 + i)));
    } else if (pass == SWEEP_ACTIVATION) {
      const kept = scratch + linear.keptDerivatives + row;
      const s2 = secondDerivativeOf(activation, scratch + operation.jet + row, kept, bytes, rows);
      for (let i: usize = 0; i < bytes; i += 16) {
        const e = v128.load(to + i);
        v128.store(ur + i, f32x4.mul(f32x4.mul(e, v128.load(ur + i)), v128.load(s2 + i)));
        v128.store(to + i, f32x4.mul(e, v128.load(s1 + i)));
      }
    } else {
      for (let i: usize = 0; i < bytes; i += 16)
        v128.store(to + i, multiplyAdd(v128.load(to + i), v128.load(s1 + i), v128.load(ur + i)));
    }
  }
}

/** The forward and the adjoint pass. The gradient is then in `g1`, with the stride of the input. */
function valueAndGradient(program: Program, start: i32, scratch: usize): void {
  const tile = program.tilePoints;
  const adjoint = adjointOf(program);
  const noForms = changetype<Forms>(adjoint.noForms);
  fillInput(program, inputOf(program, 0), 0, 0, start, scratch);
  for (let index = 0; index < program.operationCount; index++) {
    const operation = operationOf(program.operations, index);
    const linear = linearOf(operation);
    const operand = operandOf(operation, 0);
    const z = scratch + linear.z;
    const x = scratch + operand.jet;
    const stride = <usize>operation.stride;
    rowsTimesPanels(x, operand.stride, tile, operand.features, linear.weights, linear.outPanels, z, stride, linear.bias);
    if (linear.activation == 0) continue;
    activate(
      changetype<Activation>(linear.activation),
      z,
      scratch + operation.jet,
      stride,
      operation.features,
      tile,
      noForms,
      scratch + program.temporaries,
      true,
      scratch + linear.keptDerivatives,
    );
  }
  const last = lastOperation(program);
  const ones = scratch + linearOf(last).u;
  memory.fill(ones, 0, (<usize>(tile * last.stride)) * FLOAT);
  for (let point = 0; point < tile; point++) store<f32>(ones + (<usize>(point * last.stride)) * FLOAT, 1);
  const d = scratch + adjoint.g2;
  for (let index = program.operationCount - 1; index >= 0; index--) {
    const operation = operationOf(program.operations, index);
    const linear = linearOf(operation);
    throughActivation(program, operation, scratch, ADJOINT_ACTIVATION, d);
    const target = index > 0 ? scratch + linearOf(operationOf(program.operations, index - 1)).u : scratch + adjoint.g1;
    const stride = operandOf(operation, 0).stride;
    rowsTimesPanels(d, operation.stride, tile, operation.features, linear.transposed, linear.inPanels, target, stride, 0);
  }
}

/** Computes the values and the gradients of a tile. */
export function scalarForwardOfTile(program: Program, start: i32, scratch: usize): void {
  const last = lastOperation(program);
  const input = inputOf(program, 0);
  valueAndGradient(program, start, scratch);
  const count = min(program.tilePoints, program.points - start);
  for (let i = 0; i < count; i++) {
    const value = scratch + last.jet + (<usize>(i * last.stride)) * FLOAT;
    const gradient = scratch + adjointOf(program).g1 + (<usize>(i * input.stride)) * FLOAT;
    store<f32>(program.outputs + (<usize>(start + i)) * FLOAT, load<f32>(value));
    for (let k = 0; k < input.features; k++)
      store<f32>(
        program.outputs + (<usize>((k + 1) * program.blockPoints + start + i)) * FLOAT,
        load<f32>(gradient + (<usize>k) * FLOAT),
      );
  }
}

function backwardTile(program: Program, start: i32, scratch: usize, gradients: usize): void {
  const tile = program.tilePoints;
  const n = program.points;
  const count = min(tile, n - start);
  const input = inputOf(program, 0);
  const adjoint = adjointOf(program);
  let b = scratch + adjoint.g0;
  let e = scratch + adjoint.g1;
  const d = scratch + adjoint.g2;
  memory.fill(b, 0, (<usize>(tile * input.stride)) * FLOAT);
  for (let i = 0; i < count; i++)
    for (let k = 0; k < input.features; k++)
      store<f32>(
        b + (<usize>(i * input.stride)) * FLOAT + (<usize>k) * FLOAT,
        load<f32>(program.upstream + (<usize>((k + 1) * program.blockPoints + start + i)) * FLOAT),
      );
  for (let index = 0; index < program.operationCount; index++) {
    const operation = operationOf(program.operations, index);
    const linear = linearOf(operation);
    const operand = operandOf(operation, 0);
    const stride = <usize>operand.stride;
    throughActivation(program, operation, scratch, ADJOINT_ACTIVATION, d);
    if (linear.weightGradient != <usize>NONE) {
      const target = gradients + linear.weightGradient;
      addOuterProducts(b, stride, tile, (operand.features + 3) & ~3, d, operation.stride, linear.outPanels, target);
    }
    rowsTimesPanels(b, stride, tile, operand.features, linear.weights, linear.outPanels, e, operation.stride, 0);
    throughActivation(program, operation, scratch, SWEEP_ACTIVATION, e);
    const swap = b;
    b = e;
    e = swap;
  }
  let g = scratch + adjoint.g0;
  let other = scratch + adjoint.g1;
  const last = lastOperation(program);
  memory.fill(g, 0, (<usize>(tile * last.stride)) * FLOAT);
  for (let i = 0; i < count; i++)
    store<f32>(
      g + (<usize>(i * last.stride)) * FLOAT,
      load<f32>(program.upstream + (<usize>(start + i)) * FLOAT),
    );
  for (let index = program.operationCount - 1; index >= 0; index--) {
    const operation = operationOf(program.operations, index);
    const linear = linearOf(operation);
    const operand = operandOf(operation, 0);
    const stride = <usize>operand.stride;
    throughActivation(program, operation, scratch, BACKWARD_ACTIVATION, g);
    if (linear.weightGradient != <usize>NONE) {
      const target = gradients + linear.weightGradient;
      const x = scratch + operand.jet;
      addOuterProducts(x, stride, tile, (operand.features + 3) & ~3, g, operation.stride, linear.outPanels, target);
    }
    if (linear.biasGradient != <usize>NONE)
      addRows(g, operation.stride, tile, linear.outPanels, gradients + linear.biasGradient);
    if (index == 0 && input.gradient == <usize>NONE) return;
    rowsTimesPanels(g, operation.stride, tile, operation.features, linear.transposed, linear.inPanels, other, stride, 0);
    const swap = g;
    g = other;
    other = swap;
  }
  copyInputGradient(program, input, 1, start, g);
}

/** Adds the gradients of a tile to `gradients`. */
export function scalarBackwardOfTile(program: Program, start: i32, scratch: usize, gradients: usize): void {
  if (!isTileKept(program, start)) valueAndGradient(program, start, scratch);
  backwardTile(program, start, scratch, gradients);
}

/** Adds the loss of a tile to the f64 at `sum`, and its gradients to `gradients`. */
export function scalarLossOfTile(program: Program, start: i32, scratch: usize, gradients: usize, sum: usize): void {
  const loss = changetype<Loss>(program.loss);
  const last = lastOperation(program);
  const input = inputOf(program, 0);
  const valueBytes = (<usize>last.stride) * FLOAT;
  const inputBytes = (<usize>input.stride) * FLOAT;
  const rows = scratch + program.temporaries;
  const count = min(program.tilePoints, program.points - start);
  valueAndGradient(program, start, scratch);
  for (let block = 0; block <= input.features; block++) {
    const upstream = program.upstream + (<usize>(block * program.blockPoints + start)) * FLOAT;
    memory.fill(upstream, 0, (<usize>count) * FLOAT);
    let outputs = scratch + last.jet;
    let bytes = valueBytes;
    if (block > 0) {
      outputs = scratch + adjointOf(program).g1 + (<usize>(block - 1)) * FLOAT;
      bytes = inputBytes;
    }
    addTo(sum, penaliseBlock(program, loss, block, start, outputs, bytes, upstream, FLOAT, rows));
  }
  backwardTile(program, start, scratch, gradients);
}
