/**
 * @file A loss that is a sum of penalties on single entries of the jets. It is computed tile by tile between the
 *   forward and the backward pass, so that the forward pass runs only once. It is described by core's `KernelLoss`.
 */
import { BLOCK, Formula, resultOf, runFormula } from './formula';
import { NONE, Program } from './program';
import { FLOAT } from './simd';

/** How one block of the outputs is penalised. */
// @ts-ignore: decorator
@unmanaged
export class LossBlock {
  /** The weight of the penalties; 0 if the block is not penalised. */
  factor: f32;
  /** The index of the target that is subtracted, or NONE. */
  target: i32;
  /** Its first column. */
  column: i32;
}

/** Target values of each point, `[points][width]`. */
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
  /** A record of formula.ts with two results, the penalty of an error and its first derivative; and its table. */
  formula: usize;
  table: usize;
  /** A factor on the derivatives, but not on the sums. */
  gradientScale: f32;
  /** Features of each block. */
  features: i32;
  /** One record of {@link LossBlock} for each block of the outputs. */
  blocks: usize;
  /** Records of {@link LossTarget}. */
  targets: usize;
  /** The index of the target that weights the penalties, of width 1 or `features`; or NONE. */
  weight: i32;
  /** One f64 for each thread, {@link SUM_BYTES} apart. */
  sums: usize;
}

/** A cache line, so that no two threads write to the same one. */
export const SUM_BYTES: i32 = 64;

// @ts-ignore: decorator
@inline
function targetOf(loss: Loss, index: i32): LossTarget {
  return changetype<LossTarget>(loss.targets + (<usize>index) * offsetof<LossTarget>());
}

/**
 * Penalises one block of the outputs of a tile, with rows `rowBytes` apart at `source`. Writes the derivatives of the
 * loss to rows `toBytes` apart at `to`, which must hold zeros. Returns the sum of the penalties. `registers` is
 * scratch.
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
  const total = min(program.tilePoints, program.points - start) * loss.features;
  const formula = changetype<Formula>(loss.formula);
  const penalties = resultOf(formula, 0, registers);
  const derivatives = resultOf(formula, 1, registers);
  const scale = loss.gradientScale;
  const hasTarget = block.target != NONE;
  let target: usize = 0;
  let targetBytes: usize = 0;
  if (hasTarget) {
    const record = targetOf(loss, block.target);
    targetBytes = (<usize>record.width) * FLOAT;
    target = record.source + (<usize>start) * targetBytes + (<usize>block.column) * FLOAT;
  }
  const isWeighted = loss.weight != NONE;
  let weights: usize = 0;
  let weightBytes: usize = 0;
  let weightStep: usize = 0;
  if (isWeighted) {
    const record = targetOf(loss, loss.weight);
    weightBytes = (<usize>record.width) * FLOAT;
    weightStep = record.width == 1 ? 0 : FLOAT;
    weights = record.source + (<usize>start) * weightBytes;
  }
  let sum: f64 = 0;
  let column: usize = 0;
  let toColumn: usize = 0;
  let weight: usize = weights;
  for (let first = 0; first < total; first += BLOCK) {
    const length = min(BLOCK, total - first);
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
      let weighted = factor;
      if (isWeighted) {
        weighted *= load<f32>(weight);
        weight += weightStep;
      }
      sum += <f64>(weighted * load<f32>(penalties + at));
      store<f32>(to + toColumn, weighted * load<f32>(derivatives + at) * scale);
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
