/** @file Concatenates the features of several jets: `concatJets` in core. */
import {
  addContribution,
  blocksOf,
  contributionTarget,
  copyFloats,
  formsOf,
  needsGradient,
  operandOf,
  Operation,
  Program,
} from '../program';
import { FLOAT } from '../simd';

export function concatForward(program: Program, operation: Operation, scratch: usize): void {
  const rows = blocksOf(formsOf(program)) * program.tilePoints;
  const rowBytes = (<usize>operation.stride) * FLOAT;
  let column: usize = 0;
  for (let index = 0; index < operation.operandCount; index++) {
    const operand = operandOf(operation, index);
    for (let row = 0; row < rows; row++)
      copyFloats(
        scratch + operation.jet + (<usize>row) * rowBytes + column,
        scratch + operand.jet + (<usize>(row * operand.stride)) * FLOAT,
        operand.features,
      );
    column += (<usize>operand.features) * FLOAT;
  }
}

export function concatBackward(program: Program, operation: Operation, scratch: usize): void {
  const rowBytes = (<usize>operation.stride) * FLOAT;
  let column: usize = 0;
  for (let index = 0; index < operation.operandCount; index++) {
    const operand = operandOf(operation, index);
    if (needsGradient(operand)) {
      const to = contributionTarget(program, operand, scratch);
      const rows = operand.gradientBlocks * program.tilePoints;
      for (let row = 0; row < rows; row++)
        copyFloats(
          to + (<usize>(row * operand.stride)) * FLOAT,
          scratch + operation.gradient + (<usize>row) * rowBytes + column,
          operand.features,
        );
      addContribution(program, operand, scratch);
    }
    column += (<usize>operand.features) * FLOAT;
  }
}
