/** @file Runs a job on one tile, or on a thread's share of the tiles of a batch of points. */
import { Loss, SUM_BYTES } from './loss';
import { gradientsOf, Program, tileScratch } from './program';
import { forwardOfTile, lossOfTile, backwardOfTile } from './run-program';
import { scalarForwardOfTile, scalarLossOfTile, scalarBackwardOfTile } from './scalar-gradient';

export const JOB_PROGRAM_FORWARD: i32 = 0;
export const JOB_PROGRAM_BACKWARD: i32 = 1;
export const JOB_PROGRAM_LOSS: i32 = 2;
export const JOB_SCALAR_GRADIENT_FORWARD: i32 = 3;
export const JOB_SCALAR_GRADIENT_BACKWARD: i32 = 4;
export const JOB_SCALAR_GRADIENT_LOSS: i32 = 5;

/**
 * Runs one of these jobs for the tile that begins at point `start`: gradients are added to `gradients`, a loss to the
 * f64 at `sum`.
 */
export function runTile(job: i32, program: Program, start: i32, scratch: usize, gradients: usize, sum: usize): void {
  switch (job) {
    case JOB_PROGRAM_FORWARD:
      forwardOfTile(program, start, scratch);
      break;
    case JOB_PROGRAM_BACKWARD:
      backwardOfTile(program, start, scratch, gradients);
      break;
    case JOB_PROGRAM_LOSS:
      lossOfTile(program, start, scratch, gradients, sum);
      break;
    case JOB_SCALAR_GRADIENT_FORWARD:
      scalarForwardOfTile(program, start, scratch);
      break;
    case JOB_SCALAR_GRADIENT_BACKWARD:
      scalarBackwardOfTile(program, start, scratch, gradients);
      break;
    case JOB_SCALAR_GRADIENT_LOSS:
      scalarLossOfTile(program, start, scratch, gradients, sum);
      break;
    default:
      unreachable();
  }
}

/** Processes one thread's share of the tiles. */
export function runTiles(job: i32, program: Program, thread: i32, threads: i32): void {
  const gradients = gradientsOf(program, thread);
  const sum = program.loss == 0 ? 0 : changetype<Loss>(program.loss).sums + (<usize>thread) * SUM_BYTES;
  const tile = program.tilePoints;
  for (let start = thread * tile; start < program.points; start += threads * tile)
    runTile(job, program, start, tileScratch(program, thread, start), gradients, sum);
}
