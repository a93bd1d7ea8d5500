/**
 * @file Chosen features of a jet: `columnsJet` in core. The detail of the operation is `i32[features]`, the features
 * that are chosen.
 */
import { addContribution, blocksOf, contributionPlace, formsOf, isWanted, operandOf, Operation, Program } from '../program';
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
    const from = scratch + operand.place + (<usize>(row * operand.stride)) * FLOAT;
    const to = scratch + operation.place + (<usize>(row * operation.stride)) * FLOAT;
    for (let j = 0; j < operation.features; j++) store<f32>(to + (<usize>j) * FLOAT, load<f32>(from + columnOf(operation, j)));
  }
}

export function columnsReverse(program: Program, operation: Operation, scratch: usize): void {
  const operand = operandOf(operation, 0);
  if (!isWanted(operand)) return;
  const target = contributionPlace(program, operand, scratch);
  const rows = operand.gradientBlocks * program.tilePoints;
  for (let row = 0; row < rows; row++) {
    const g = scratch + operation.gradient + (<usize>(row * operation.stride)) * FLOAT;
    const to = target + (<usize>(row * operand.stride)) * FLOAT;
    for (let i = 0; i < operand.features; i++) store<f32>(to + (<usize>i) * FLOAT, 0);
    for (let j = 0; j < operation.features; j++) {
      const place = to + columnOf(operation, j);
      store<f32>(place, load<f32>(place) + load<f32>(g + (<usize>j) * FLOAT));
    }
  }
  addContribution(program, operand, scratch);
}
