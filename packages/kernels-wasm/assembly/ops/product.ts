/**
 * @file The elementwise product of two jets: `productJet` in core.
 *
 *     h0 = a0 b0      h1_k = a1_k b0 + a0 b1_k      h2_j = a2_j b0 + a0 b2_j + sum_p w_jp (a1_k b1_l + a1_l b1_k), (k, l) = pair p
 *
 * and with g the derivatives of the loss with respect to h, and u_p = sum_j w_jp g2_j,
 *
 *     da0 = g0 b0 + sum_k g1_k b1_k + sum_j g2_j b2_j      da1_k = g1_k b0 + sum_p u_p b1_l, (k, l) or (l, k) = pair p      da2_j = g2_j b0
 */
import {
  addContribution,
  blocksOf,
  contributionTarget,
  Forms,
  formsOf,
  needsGradient,
  Operand,
  operandOf,
  Operation,
  pairIndex,
  Program,
  rowBytesOf,
  weightOf,
} from '../program';
import { FLOAT, multiplyAdd } from '../simd';

export function productForward(program: Program, operation: Operation, scratch: usize): void {
  const forms = formsOf(program);
  const bytes = rowBytesOf(operation.features);
  const rowBytes = (<usize>operation.stride) * FLOAT;
  const tile = program.tilePoints;
  const blockBytes = (<usize>tile) * rowBytes;
  const blocks = blocksOf(forms);
  for (let point = 0; point < tile; point++) {
    const row = scratch + (<usize>point) * rowBytes;
    const a = row + operandOf(operation, 0).jet;
    const b = row + operandOf(operation, 1).jet;
    const h = row + operation.jet;
    for (let i: usize = 0; i < bytes; i += 16) {
      const a0 = v128.load(a + i);
      const b0 = v128.load(b + i);
      v128.store(h + i, f32x4.mul(a0, b0));
      for (let block = 1; block < blocks; block++) {
        const offset = (<usize>block) * blockBytes + i;
        v128.store(h + offset, multiplyAdd(v128.load(a + offset), b0, f32x4.mul(a0, v128.load(b + offset))));
      }
    }
    if (forms.second > 0) addMixed(forms, a, b, h, bytes, blockBytes);
  }
}

function addMixed(forms: Forms, a: usize, b: usize, h: usize, bytes: usize, blockBytes: usize): void {
  const firstForm = (<usize>(1 + forms.first)) * blockBytes;
  for (let p = 0; p < forms.pairCount; p++) {
    const k = (pairIndex(forms, p, 0) + 1) * blockBytes;
    const l = (pairIndex(forms, p, 1) + 1) * blockBytes;
    for (let i: usize = 0; i < bytes; i += 16) {
      const crossed = f32x4.mul(v128.load(a + l + i), v128.load(b + k + i));
      const mixed = multiplyAdd(v128.load(a + k + i), v128.load(b + l + i), crossed);
      for (let j = 0; j < forms.second; j++) {
        const address = h + firstForm + (<usize>j) * blockBytes + i;
        v128.store(address, multiplyAdd(weightOf(forms, j, p), mixed, v128.load(address)));
      }
    }
  }
}

/** Adds the gradient of one factor. */
function contribute(program: Program, operation: Operation, operand: Operand, other: Operand, scratch: usize): void {
  if (!needsGradient(operand)) return;
  const forms = formsOf(program);
  const bytes = rowBytesOf(operation.features);
  const rowBytes = (<usize>operation.stride) * FLOAT;
  const tile = program.tilePoints;
  const blockBytes = (<usize>tile) * rowBytes;
  const blocks = blocksOf(forms);
  const firstForm = (<usize>(1 + forms.first)) * blockBytes;
  const target = contributionTarget(program, operand, scratch);
  for (let point = 0; point < tile; point++) {
    const row = (<usize>point) * rowBytes;
    const g = scratch + operation.gradient + row;
    const b = scratch + other.jet + row;
    const to = target + row;
    for (let i: usize = 0; i < bytes; i += 16) {
      const b0 = v128.load(b + i);
      let sum = f32x4.mul(v128.load(g + i), b0);
      for (let block = 1; block < blocks; block++) {
        const offset = (<usize>block) * blockBytes + i;
        const gb = v128.load(g + offset);
        sum = multiplyAdd(gb, v128.load(b + offset), sum);
        if (block < operand.gradientBlocks) v128.store(to + offset, f32x4.mul(gb, b0));
      }
      v128.store(to + i, sum);
    }
    if (forms.second == 0 || operand.gradientBlocks == 1) continue;
    for (let p = 0; p < forms.pairCount; p++) {
      const k = (pairIndex(forms, p, 0) + 1) * blockBytes;
      const l = (pairIndex(forms, p, 1) + 1) * blockBytes;
      for (let i: usize = 0; i < bytes; i += 16) {
        let u = f32x4.splat(0);
        for (let j = 0; j < forms.second; j++)
          u = multiplyAdd(weightOf(forms, j, p), v128.load(g + firstForm + (<usize>j) * blockBytes + i), u);
        v128.store(to + k + i, multiplyAdd(u, v128.load(b + l + i), v128.load(to + k + i)));
        v128.store(to + l + i, multiplyAdd(u, v128.load(b + k + i), v128.load(to + l + i)));
      }
    }
  }
  addContribution(program, operand, scratch);
}

export function productBackward(program: Program, operation: Operation, scratch: usize): void {
  const a = operandOf(operation, 0);
  const b = operandOf(operation, 1);
  contribute(program, operation, a, b, scratch);
  contribute(program, operation, b, a, scratch);
}
