/** @file A linear map of a jet, followed by an optional activation: `linearJet` in core. */
import { activate, activateBackward, Activation } from '../activation';
import { addOuterProducts, addRows, PANEL, rowsTimesPanels } from '../matrix-product';
import {
  addContribution,
  blocksOf,
  contributionTarget,
  formsOf,
  needsGradient,
  NONE,
  operandOf,
  Operation,
  Program,
} from '../program';
import { FLOAT } from '../simd';

// @ts-ignore: decorator
@unmanaged
export class Linear {
  /** Number of panels of 8 outputs, and of 8 inputs. */
  outPanels: i32;
  inPanels: i32;
  /** `[outPanels][inFeatures][8]` */
  weights: usize;
  /** `[8 outPanels]`, or 0 */
  bias: usize;
  /** The transpose of the weights: `[inPanels][outFeatures][8]`, or 0 where it is not needed. */
  transposed: usize;
  /** Offset into a thread's gradients, `[outPanels][inFeatures rounded up to a multiple of 4][8]`; or NONE. */
  weightGradient: usize;
  /** Offset into a thread's gradients, `[8 outPanels]`; or NONE. */
  biasGradient: usize;
  /** A record of activation.ts, or 0. */
  activation: usize;
  /** Offset of the pre-activations; without an activation, that of the output. */
  z: usize;
  /** Offset of the derivatives of the activation that are kept for the backward pass, one block each. */
  keptDerivatives: usize;
  /** Offset of the derivatives of the network's value with respect to the output; see scalar-gradient.ts. */
  u: usize;
}

// @ts-ignore: decorator
@inline
export function linearOf(operation: Operation): Linear {
  return changetype<Linear>(operation.detail);
}

export function linearForward(program: Program, operation: Operation, scratch: usize, forBackward: bool): void {
  const forms = formsOf(program);
  const linear = linearOf(operation);
  const operand = operandOf(operation, 0);
  const tile = program.tilePoints;
  const stride = <usize>operation.stride;
  const x = scratch + operand.jet;
  const strideX = <usize>operand.stride;
  const z = scratch + linear.z;
  const k = operand.features;
  rowsTimesPanels(x, strideX, tile, k, linear.weights, linear.outPanels, z, stride, linear.bias);
  const derivativeRows = (forms.first + forms.second) * tile;
  if (derivativeRows > 0) {
    const below = (<usize>tile) * FLOAT;
    const zBelow = z + below * stride;
    rowsTimesPanels(x + below * strideX, strideX, derivativeRows, k, linear.weights, linear.outPanels, zBelow, stride, 0);
  }
  if (linear.activation == 0) return;
  activate(
    changetype<Activation>(linear.activation),
    z,
    scratch + operation.jet,
    stride,
    operation.features,
    tile,
    forms,
    scratch + program.temporaries,
    forBackward,
    scratch + linear.keptDerivatives,
  );
}

export function linearBackward(program: Program, operation: Operation, scratch: usize, gradients: usize): void {
  const forms = formsOf(program);
  const linear = linearOf(operation);
  const operand = operandOf(operation, 0);
  const tile = program.tilePoints;
  const rows = blocksOf(forms) * tile;
  const stride = <usize>operation.stride;
  const strideX = <usize>operand.stride;
  const g = scratch + operation.gradient;
  if (linear.activation != 0)
    activateBackward(
      changetype<Activation>(linear.activation),
      scratch + linear.z,
      scratch + operation.jet,
      g,
      stride,
      operation.features,
      tile,
      forms,
      scratch + program.temporaries,
      gradients,
      true,
      scratch + linear.keptDerivatives,
    );
  if (linear.weightGradient != <usize>NONE) {
    const paddedIn = (operand.features + 3) & ~3;
    const target = gradients + linear.weightGradient;
    addOuterProducts(scratch + operand.jet, strideX, rows, paddedIn, g, stride, linear.outPanels, target);
  }
  if (linear.biasGradient != <usize>NONE) addRows(g, stride, tile, linear.outPanels, gradients + linear.biasGradient);
  if (!needsGradient(operand)) return;
  const target = contributionTarget(program, operand, scratch);
  const wanted = operand.gradientBlocks * tile;
  rowsTimesPanels(g, stride, wanted, operation.features, linear.transposed, linear.inPanels, target, strideX, 0);
  addContribution(program, operand, scratch);
}
