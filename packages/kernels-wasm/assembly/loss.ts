/**
 * @file A loss that is a sum of penalties on single numbers of the jets: worked out on a tile between its forward and its reverse pass, which
 * then share one forward pass. The description is core's `PointwiseLoss`.
 */
import { FieldJob } from './field';
import { FLOAT } from './simd';

const SQUARED: i32 = 0;
const ABSOLUTE: i32 = 1;
const HUBER: i32 = 2;

/** A loss. Written by `src/field-jet/loss.ts`. */
// @ts-ignore: decorator
@unmanaged
export class Loss {
  /** Which penalty, and its delta or epsilon. */
  penalty: i32;
  parameter: f32;
  /** The derivatives are multiplied with it, and the sums are not. */
  gradientScale: f32;
  /** f32 `[1 + first + second]`: that of each block of the outputs, 0 where it is not penalised. */
  factors: usize;
  /** f32 `[points][outFeatures]`, or 0 */
  weights: usize;
  /** One f64 for each thread, {@link SUM_BYTES} apart. */
  sums: usize;
}

/** No two threads write to the same cache line. */
const SUM_BYTES: usize = 64;

/**
 * One block of the outputs of a tile, whose rows lie `rowBytes` apart at `source`. `job.upstream` holds the targets; the derivatives of the loss take
 * their places. Returns the sum of the penalties.
 */
export function penaliseBlock(job: FieldJob, loss: Loss, block: i32, start: i32, source: usize, rowBytes: usize): f64 {
  const o = job.outFeatures;
  const count = min(job.tilePoints, job.points - start);
  const factor = load<f32>(loss.factors + (<usize>block) * FLOAT);
  const place = job.upstream + (<usize>((block * job.points + start) * o)) * FLOAT;
  if (factor == 0) {
    memory.fill(place, 0, (<usize>(count * o)) * FLOAT);
    return 0;
  }
  const parameter = loss.parameter;
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < o; j++) {
      const index = (<usize>(i * o + j)) * FLOAT;
      const error = load<f32>(source + (<usize>i) * rowBytes + (<usize>j) * FLOAT) - load<f32>(place + index);
      const weight = loss.weights == 0 ? factor : factor * load<f32>(loss.weights + (<usize>(start * o)) * FLOAT + index);
      let penalty: f32;
      let slope: f32;
      if (loss.penalty == SQUARED) {
        penalty = error * error;
        slope = error + error;
      } else if (loss.penalty == ABSOLUTE) {
        penalty = abs(error);
        slope = error > 0 ? 1 : error < 0 ? -1 : 0;
      } else if (loss.penalty == HUBER) {
        const size = abs(error);
        const inner = min(size, parameter);
        penalty = inner * (size - inner * 0.5);
        slope = max(-parameter, min(parameter, error));
      } else {
        penalty = sqrt(error * error + parameter * parameter);
        slope = error / penalty;
      }
      sum += <f64>(weight * penalty);
      store<f32>(place + index, weight * slope * loss.gradientScale);
    }
  }
  return sum;
}

/** Adds to the sum of a thread. */
export function addLoss(loss: Loss, thread: i32, part: f64): void {
  const place = loss.sums + (<usize>thread) * SUM_BYTES;
  store<f64>(place, load<f64>(place) + part);
}
