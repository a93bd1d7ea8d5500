/**
 * @file Applies a function to every feature of a jet: `elementwiseJet` in core. The detail of the operation is a record
 *   of activation.ts.
 */
import { activate, activateBackward, Activation } from '../activation';
import { formsOf, needsGradient, operandOf, Operation, Program, rowBytesOf } from '../program';
import { FLOAT } from '../simd';

export function elementwiseForward(program: Program, operation: Operation, scratch: usize): void {
  activate(
    changetype<Activation>(operation.detail),
    scratch + operandOf(operation, 0).jet,
    scratch + operation.jet,
    operation.stride,
    operation.features,
    program.tilePoints,
    formsOf(program),
    scratch + program.temporaries,
    false,
    0,
  );
}

export function elementwiseBackward(program: Program, operation: Operation, scratch: usize, gradients: usize): void {
  const operand = operandOf(operation, 0);
  const g = scratch + operation.gradient;
  activateBackward(
    changetype<Activation>(operation.detail),
    scratch + operand.jet,
    scratch + operation.jet,
    g,
    operation.stride,
    operation.features,
    program.tilePoints,
    formsOf(program),
    scratch + program.temporaries,
    gradients,
    false,
    0,
  );
  // Where no other operation reads the operand, its gradient overwrites this one.
  if (!needsGradient(operand) || operand.gradient == operation.gradient) return;
  const bytes = rowBytesOf(operation.features);
  const rows = operand.gradientBlocks * program.tilePoints;
  for (let row = 0; row < rows; row++) {
    const offset = (<usize>(row * operation.stride)) * FLOAT;
    const to = scratch + operand.gradient + offset;
    if (operand.accumulates)
      for (let i: usize = 0; i < bytes; i += 16)
        v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(g + offset + i)));
    else for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, v128.load(g + offset + i));
  }
}
