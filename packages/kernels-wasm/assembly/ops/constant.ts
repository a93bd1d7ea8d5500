/** @file Features that are the same at all points: `constantJet` in core. */
import { addRows, PANEL } from '../matrix-product';
import { blocksOf, formsOf, NONE, Operation, Program, rowBytesOf } from '../program';
import { FLOAT } from '../simd';

// @ts-ignore: decorator
@unmanaged
export class Constant {
  /** `[features rounded up to a multiple of 8]` */
  values: usize;
  /** Offset into a thread's gradients, with the shape of the values; or NONE. */
  gradient: usize;
}

export function constantForward(program: Program, operation: Operation, scratch: usize): void {
  const values = changetype<Constant>(operation.detail).values;
  const tile = program.tilePoints;
  const rows = blocksOf(formsOf(program)) * tile;
  const bytes = rowBytesOf(operation.features);
  for (let row = 0; row < rows; row++) {
    const to = scratch + operation.jet + (<usize>(row * operation.stride)) * FLOAT;
    if (row < tile) for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, v128.load(values + i));
    else for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, f32x4.splat(0));
  }
}

export function constantBackward(program: Program, operation: Operation, scratch: usize, gradients: usize): void {
  const offset = changetype<Constant>(operation.detail).gradient;
  if (offset == <usize>NONE) return;
  const panels = (operation.features + PANEL - 1) / PANEL;
  addRows(scratch + operation.gradient, operation.stride, program.tilePoints, panels, gradients + offset);
}
