/**
 * @file The gradients of tables. The backward pass of a tile writes to a tape what they need: the input of the grid,
 *   and the gradient of its features. After all tiles of a batch, a second job reads the tapes and adds to the rows of
 *   one table that all threads share; each thread has levels, or ranges of rows, of its own. So sums do not depend on
 *   the number of threads, and no work is as large as the table: the 64-byte lines that were written are marked.
 *
 * The tape of a tile has for each grid the jets of its input, `[blocks][tilePoints][axes]`, and the gradients of its
 * features, `[levels][blocks][tilePoints][rowFeatures]`.
 */
import { blocksOf, copyFloats, formsOf, operandOf, Operation, operationOf, Program } from '../program';
import { FLOAT } from '../simd';
import { addTileToRows, Grid, levelOf } from './grid';
import { addTileValuesToRows } from './grid-value';

export const JOB_TABLE_GRADIENTS: i32 = 10;

/** Bytes of a line, as a power of two. */
export const LINE_SHIFT: usize = 6;

/** A range of rows of one level, whose gradients a thread adds up. */
// @ts-ignore: decorator
@unmanaged
export class RowRange {
  level: i32;
  /** Offsets of its first row in the table, and of the first after it. */
  first: u32;
  end: u32;
  /** Address of the table's sums. */
  sums: usize;
  /** Address of the mark of its first line; the sums begin with a line. */
  marks: usize;
  /** The scratch of the thread. */
  scratch: usize;
}

/** Marks the lines of a row. */
// @ts-ignore: decorator
@inline
export function markRow(range: RowRange, row: u32, features: i32): void {
  const end = range.marks + (<usize>(row + <u32>features * 4 - 1) >> LINE_SHIFT);
  let mark = range.marks + (<usize>row >> LINE_SHIFT);
  store<u8>(mark, 1);
  while (mark < end) {
    mark += 1;
    store<u8>(mark, 1);
  }
}

/** The tape of a grid for the tile that begins at point `start`. */
// @ts-ignore: decorator
@inline
function tapeOf(program: Program, grid: Grid, start: i32): usize {
  return program.tapes + (<usize>start * <usize>program.tapeFloats + <usize>(program.tilePoints * grid.tape)) * FLOAT;
}

/** The gradients of the features of a level in a grid's tape. */
// @ts-ignore: decorator
@inline
export function tapeGradients(program: Program, grid: Grid, level: i32, tape: usize): usize {
  const jet = blocksOf(formsOf(program)) * program.tilePoints;
  return tape + (<usize>(jet * (grid.axes + level * grid.rowFeatures))) * FLOAT;
}

/** Writes the tape of a grid, for the tile that begins at point `start`. */
export function writeTape(program: Program, operation: Operation, scratch: usize, start: i32): void {
  const grid = changetype<Grid>(operation.detail);
  const operand = operandOf(operation, 0);
  const jetRows = blocksOf(formsOf(program)) * program.tilePoints;
  const tape = tapeOf(program, grid, start);
  const axes = grid.axes;
  for (let row = 0; row < jetRows; row++)
    copyFloats(
      tape + (<usize>(row * axes)) * FLOAT,
      scratch + operand.jet + (<usize>(row * operand.stride)) * FLOAT,
      axes,
    );
  const features = grid.rowFeatures;
  for (let level = 0; level < grid.levelCount; level++) {
    const to = tapeGradients(program, grid, level, tape);
    const from = scratch + operation.gradient + (<usize>(level * features)) * FLOAT;
    for (let row = 0; row < jetRows; row++)
      copyFloats(
        to + (<usize>(row * features)) * FLOAT,
        from + (<usize>(row * operation.stride)) * FLOAT,
        features,
      );
  }
}

/** Adds the gradients of one range of rows from the tapes of all tiles. */
function addToRows(program: Program, operation: Operation, range: RowRange): void {
  const grid = changetype<Grid>(operation.detail);
  const isValueAlone = blocksOf(formsOf(program)) == 1;
  const tile = program.tilePoints;
  for (let start = 0; start < program.points; start += tile) {
    const count = min(tile, program.points - start);
    const tape = tapeOf(program, grid, start);
    if (isValueAlone) addTileValuesToRows(program, operation, range, tape, count);
    else addTileToRows(program, operation, range, tape, count);
  }
}

/** One thread's share of the rows of all tables. */
export function tableGradients(program: Program, thread: i32, threads: i32): void {
  const range = changetype<RowRange>(program.rowRanges + (<usize>thread) * offsetof<RowRange>());
  range.scratch = program.scratch + (<usize>thread) * program.scratchBytes;
  let unit = 0;
  for (let index = 0; index < program.tableOperationCount; index++) {
    const operation = operationOf(program.tableOperations, index);
    const grid = changetype<Grid>(operation.detail);
    const rowBytes = grid.rowFeatures * 4;
    range.sums = program.tableSums + grid.tableGradient;
    range.marks = program.marks + (grid.tableGradient >> LINE_SHIFT);
    for (let index = 0; index < grid.levelCount; index++) {
      const level = levelOf(grid, index);
      range.level = index;
      for (let part = 0; part < program.tableParts; part++) {
        if (unit++ % threads != thread) continue;
        const first = <i32>((<i64>level.rows * part) / program.tableParts);
        const end = <i32>((<i64>level.rows * (part + 1)) / program.tableParts);
        range.first = <u32>((level.firstRow + first) * rowBytes);
        range.end = <u32>((level.firstRow + end) * rowBytes);
        addToRows(program, operation, range);
      }
    }
  }
}
