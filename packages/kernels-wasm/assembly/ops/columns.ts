/**
 * @file Selected features of a jet: `columnsJet` in core. The detail of the operation is `i32[features]`, the indices
 *   of the selected features.
 */
import {
  addContribution,
  blocksOf,
  contributionTarget,
  formsOf,
  needsGradient,
  operandOf,
  Operation,
  Program,
} from '../program';
import { FLOAT } from '../simd';

// @ts-ignore: decorator
@inline
function columnOf(operation: Operation, j: i32): usize {
  return load<u32>(operation.detail + (<usize>j) * 4) * FLOAT;
}

export function columnsForward(program: Program, operation: Operation, scratch: usize): void {
  const operand = operandOf(operation, 0);
  const rows = blocksOf(formsOf(program)) * program.tilePoints;
  for (let row = 0; row < rows; row++) {
    const from = scratch + operand.jet + (<usize>(row * operand.stride)) * FLOAT;
    const to = scratch + operation.jet + (<usize>(row * operation.stride)) * FLOAT;
    for (let j = 0; j < operation.features; j++) store<f32>(to + (<usize>j) * FLOAT, load<f32>(from + columnOf(operation, j)));
  }
}

export function columnsBackward(program: Program, operation: Operation, scratch: usize): void {
  const operand = operandOf(operation, 0);
  if (!needsGradient(operand)) return;
  const target = contributionTarget(program, operand, scratch);
  const rows = operand.gradientBlocks * program.tilePoints;
  for (let row = 0; row < rows; row++) {
    const g = scratch + operation.gradient + (<usize>(row * operation.stride)) * FLOAT;
    const to = target + (<usize>(row * operand.stride)) * FLOAT;
    for (let i = 0; i < operand.features; i++) store<f32>(to + (<usize>i) * FLOAT, 0);
    for (let j = 0; j < operation.features; j++) {
      const address = to + columnOf(operation, j);
      store<f32>(address, load<f32>(address) + load<f32>(g + (<usize>j) * FLOAT));
    }
  }
  addContribution(program, operand, scratch);
}
