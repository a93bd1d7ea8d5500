/**
 * @file A loss that is a sum of penalties on single numbers of the jets: worked out on a tile between its forward and
 *   its reverse pass, which then share one forward pass. The description is core's `KernelLoss`.
 */
import { BLOCK, Formula, resultOf, runFormula } from './formula';
import { NONE, Program } from './program';
import { FLOAT } from './simd';

/** What is penalised in one block of the outputs. */
// @ts-ignore: decorator
@unmanaged
export class LossBlock {
  /** 0 where nothing is. */
  factor: f32;
  /** Which target is subtracted, or NONE. */
  target: i32;
  /** Its first column. */
  column: i32;
}

/** Numbers of each point, `[points][width]`. */
// @ts-ignore: decorator
@unmanaged
export class LossTarget {
  source: usize;
  width: i32;
}

/** A loss. */
// @ts-ignore: decorator
@unmanaged
export class Loss {
  /** A record of formula.ts whose results are the penalty of an error and its slope, and the table of its numbers. */
  formula: usize;
  table: usize;
  /** The derivatives are multiplied with it, and the sums are not. */
  gradientScale: f32;
  /** Numbers at each point that are penalised in each block. */
  features: i32;
  /** One record of {@link LossBlock} for each block of the outputs. */
  blocks: usize;
  /** Records of {@link LossTarget}. */
  targets: usize;
  /** Which target multiplies the penalties, of width 1 or `features`; or NONE. */
  weight: i32;
  /** One f64 for each thread, {@link SUM_BYTES} apart. */
  sums: usize;
}

/** No two threads write to the same cache line. */
export const SUM_BYTES: i32 = 64;

// @ts-ignore: decorator
@inline
function targetOf(loss: Loss, index: i32): LossTarget {
  return changetype<LossTarget>(loss.targets + (<usize>index) * offsetof<LossTarget>());
}

/**
 * One block of the outputs of a tile, whose rows lie `rowBytes` apart at `source`. The derivatives of the loss go to
 * rows `toBytes` apart at `to`, which hold zeros. Returns the sum of the penalties. `registers` is scratch.
 */
export function penaliseBlock(
  program: Program,
  loss: Loss,
  index: i32,
  start: i32,
  source: usize,
  rowBytes: usize,
  to: usize,
  toBytes: usize,
  registers: usize,
): f64 {
  const block = changetype<LossBlock>(loss.blocks + (<usize>index) * offsetof<LossBlock>());
  const factor = block.factor;
  if (factor == 0) return 0;
  const rowEnd = (<usize>loss.features) * FLOAT;
  const numbers = min(program.tilePoints, program.points - start) * loss.features;
  const formula = changetype<Formula>(loss.formula);
  const penalties = resultOf(formula, 0, registers);
  const slopes = resultOf(formula, 1, registers);
  const scale = loss.gradientScale;
  const hasTarget = block.target != NONE;
  let target: usize = 0;
  let targetBytes: usize = 0;
  if (hasTarget) {
    const record = targetOf(loss, block.target);
    targetBytes = (<usize>record.width) * FLOAT;
    target = record.source + (<usize>start) * targetBytes + (<usize>block.column) * FLOAT;
  }
  const isWeighed = loss.weight != NONE;
  let weights: usize = 0;
  let weightBytes: usize = 0;
  let weightStep: usize = 0;
  if (isWeighed) {
    const record = targetOf(loss, loss.weight);
    weightBytes = (<usize>record.width) * FLOAT;
    weightStep = record.width == 1 ? 0 : FLOAT;
    weights = record.source + (<usize>start) * weightBytes;
  }
  let sum: f64 = 0;
  let column: usize = 0;
  let toColumn: usize = 0;
  let weight: usize = weights;
  for (let first = 0; first < numbers; first += BLOCK) {
    const length = min(BLOCK, numbers - first);
    const end = (<usize>length) * FLOAT;
    for (let at: usize = 0; at < end; at += FLOAT) {
      let error = load<f32>(source + column);
      if (hasTarget) error -= load<f32>(target + column);
      store<f32>(registers + at, error);
      column += FLOAT;
      if (column == rowEnd) {
        column = 0;
        source += rowBytes;
        target += targetBytes;
      }
    }
    for (let i = length; i & 3; i++) store<f32>(registers + (<usize>i) * FLOAT, 0);
    runFormula(formula, registers, loss.table, (<usize>((length + 3) & ~3)) * FLOAT);
    for (let at: usize = 0; at < end; at += FLOAT) {
      let by = factor;
      if (isWeighed) {
        by *= load<f32>(weight);
        weight += weightStep;
      }
      sum += <f64>(by * load<f32>(penalties + at));
      store<f32>(to + toColumn, by * load<f32>(slopes + at) * scale);
      toColumn += FLOAT;
      if (toColumn == rowEnd) {
        toColumn = 0;
        to += toBytes;
        weights += weightBytes;
        weight = weights;
      }
    }
  }
  return sum;
}

/** Adds to the f64 at an address. */
// @ts-ignore: decorator
@inline
export function addTo(sum: usize, part: f64): void {
  store<f64>(sum, load<f64>(sum) + part);
}
