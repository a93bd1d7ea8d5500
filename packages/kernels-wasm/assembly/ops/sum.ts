/**
 * @file The weighted sum of jets: `sumJets` in core. The detail of the operation is `f32[operands]`, the coefficients.
 */
import { blocksOf, formsOf, needsGradient, operandOf, Operation, Program, rowBytesOf } from '../program';
import { FLOAT, multiplyAdd } from '../simd';

export function sumForward(program: Program, operation: Operation, scratch: usize): void {
  const rows = blocksOf(formsOf(program)) * program.tilePoints;
  const bytes = rowBytesOf(operation.features);
  const rowBytes = (<usize>operation.stride) * FLOAT;
  for (let index = 0; index < operation.operandCount; index++) {
    const coefficient = v128.load32_splat(operation.detail + (<usize>index) * FLOAT);
    for (let row = 0; row < rows; row++) {
      const offset = (<usize>row) * rowBytes;
      const x = scratch + operandOf(operation, index).jet + offset;
      const y = scratch + operation.jet + offset;
      if (index == 0) for (let i: usize = 0; i < bytes; i += 16) v128.store(y + i, f32x4.mul(v128.load(x + i), coefficient));
      else
        for (let i: usize = 0; i < bytes; i += 16)
          v128.store(y + i, multiplyAdd(v128.load(x + i), coefficient, v128.load(y + i)));
    }
  }
}

export function sumBackward(program: Program, operation: Operation, scratch: usize): void {
  const bytes = rowBytesOf(operation.features);
  const rowBytes = (<usize>operation.stride) * FLOAT;
  for (let index = 0; index < operation.operandCount; index++) {
    const operand = operandOf(operation, index);
    if (!needsGradient(operand)) continue;
    const coefficient = v128.load32_splat(operation.detail + (<usize>index) * FLOAT);
    const rows = operand.gradientBlocks * program.tilePoints;
    for (let row = 0; row < rows; row++) {
      const offset = (<usize>row) * rowBytes;
      const g = scratch + operation.gradient + offset;
      const to = scratch + operand.gradient + offset;
      if (operand.accumulates)
        for (let i: usize = 0; i < bytes; i += 16)
          v128.store(to + i, multiplyAdd(v128.load(g + i), coefficient, v128.load(to + i)));
      else for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, f32x4.mul(v128.load(g + i), coefficient));
    }
  }
}
