/**
 * @file A function of every feature of a jet: `elementwiseJet` in core. The detail of the operation is a record of
 * activation.ts.
 */
import { activate, activateReverse, Activation } from '../activation';
import { formsOf, isWanted, operandOf, Operation, Program, rowBytesOf } from '../program';
import { FLOAT } from '../simd';

export function elementwiseForward(program: Program, operation: Operation, scratch: usize): void {
  activate(
    changetype<Activation>(operation.detail),
    scratch + operandOf(operation, 0).place,
    scratch + operation.place,
    operation.stride,
    operation.features,
    program.tilePoints,
    formsOf(program),
    scratch + program.rows,
    false,
    0,
  );
}

export function elementwiseReverse(program: Program, operation: Operation, scratch: usize, gradients: usize): void {
  const operand = operandOf(operation, 0);
  const g = scratch + operation.gradient;
  activateReverse(
    changetype<Activation>(operation.detail),
    scratch + operand.place,
    scratch + operation.place,
    g,
    operation.stride,
    operation.features,
    program.tilePoints,
    formsOf(program),
    scratch + program.rows,
    gradients,
    false,
    0,
  );
  // Where nobody else reads the operand, its gradient takes the place of this one.
  if (!isWanted(operand) || operand.gradient == operation.gradient) return;
  const bytes = rowBytesOf(operation.features);
  const rows = operand.gradientBlocks * program.tilePoints;
  for (let row = 0; row < rows; row++) {
    const offset = (<usize>(row * operation.stride)) * FLOAT;
    const to = scratch + operand.gradient + offset;
    if (operand.adds)
      for (let i: usize = 0; i < bytes; i += 16)
        v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(g + offset + i)));
    else for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, v128.load(g + offset + i));
  }
}
