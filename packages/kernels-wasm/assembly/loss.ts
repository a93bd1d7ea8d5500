/**
 * @file A loss that is a sum of penalties on single numbers of the jets: worked out on a tile between its forward and its reverse pass, which
 * then share one forward pass. The description is core's `KernelLoss`.
 */
import { BLOCK, Formula, resultOf, runFormula } from './formula';
import { Program } from './program';
import { FLOAT } from './simd';

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
  /** f32 `[1 + first + second]`: that of each block of the outputs, 0 where it is not penalised. */
  factors: usize;
  /** f32 `[points][features]`, or 0 */
  weights: usize;
  /** One f64 for each thread, {@link SUM_BYTES} apart. */
  sums: usize;
}

/** No two threads write to the same cache line. */
export const SUM_BYTES: i32 = 64;

/**
 * One block of the outputs of a tile, whose rows lie `rowBytes` apart at `source`. `program.upstream` holds the targets; the derivatives of the loss take
 * their places. Returns the sum of the penalties. `registers` is scratch.
 */
export function penaliseBlock(
  program: Program,
  loss: Loss,
  block: i32,
  start: i32,
  source: usize,
  rowBytes: usize,
  registers: usize,
): f64 {
  const o = loss.features;
  const count = min(program.tilePoints, program.points - start);
  const numbers = count * o;
  const factor = load<f32>(loss.factors + (<usize>block) * FLOAT);
  const targets = program.upstream + (<usize>((block * program.points + start) * o)) * FLOAT;
  if (factor == 0) {
    memory.fill(targets, 0, (<usize>numbers) * FLOAT);
    return 0;
  }
  const formula = changetype<Formula>(loss.formula);
  const weights = loss.weights + (<usize>(start * o)) * FLOAT;
  const penalties = resultOf(formula, 0, registers);
  const slopes = resultOf(formula, 1, registers);
  const scale = loss.gradientScale;
  let sum: f64 = 0;
  let row = source;
  let column = 0;
  for (let first = 0; first < numbers; first += BLOCK) {
    const length = min(BLOCK, numbers - first);
    const place = targets + (<usize>first) * FLOAT;
    for (let i = 0; i < length; i++) {
      const at = (<usize>i) * FLOAT;
      store<f32>(registers + at, load<f32>(row + (<usize>column) * FLOAT) - load<f32>(place + at));
      if (++column == o) {
        column = 0;
        row += rowBytes;
      }
    }
    for (let i = length; i & 3; i++) store<f32>(registers + (<usize>i) * FLOAT, 0);
    runFormula(formula, registers, loss.table, (<usize>((length + 3) & ~3)) * FLOAT);
    for (let i = 0; i < length; i++) {
      const at = (<usize>i) * FLOAT;
      const weight = loss.weights == 0 ? factor : factor * load<f32>(weights + (<usize>first) * FLOAT + at);
      sum += <f64>(weight * load<f32>(penalties + at));
      store<f32>(place + at, weight * load<f32>(slopes + at) * scale);
    }
  }
  return sum;
}

/** Adds to the sum of a thread. */
export function addLoss(loss: Loss, thread: i32, part: f64): void {
  const place = loss.sums + (<usize>thread) * SUM_BYTES;
  store<f64>(place, load<f64>(place) + part);
}
