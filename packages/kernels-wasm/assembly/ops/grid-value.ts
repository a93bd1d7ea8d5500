/**
 * @file The values of grids, and the gradients of their tables, without derivatives with respect to the input: the
 *   common case of `grid.ts`, for four points at once, level by level.
 */
import { NONE, operandOf, Operation, Program } from '../program';
import { FLOAT, multiplyAdd } from '../simd';
import { Grid, GridLevel, INTERPOLATION_NEAREST, INTERPOLATION_SMOOTHSTEP, levelOf, rowsInBlocks } from './grid';
import { markRow, RowRange, tapeGradients } from './grid-tape';

/** Bytes for the offsets of the rows of four points, u32 `[2^axes][4]`, and their weights, f32 `[2^axes][4]`. */
export function cornerBytes(axes: i32): i32 {
  return 32 << axes;
}

/** The weights of the upper vertices at t; NaN remains NaN. */
// @ts-ignore: decorator
@inline
function upperWeights(interpolation: i32, t: v128): v128 {
  if (interpolation == INTERPOLATION_SMOOTHSTEP)
    return f32x4.mul(f32x4.mul(t, t), f32x4.sub(f32x4.splat(3), f32x4.add(t, t)));
  if (interpolation == INTERPOLATION_NEAREST) {
    const nearest = v128.and(f32x4.gt(t, f32x4.splat(0.5)), f32x4.splat(1));
    return v128.bitselect(t, nearest, f32x4.ne(t, t));
  }
  return t;
}

/** What coordinates along axis i add to the places of four vertices; see `placeOf` of `grid.ts`. */
// @ts-ignore: decorator
@inline
function placesOf(level: GridLevel, axes: i32, i: i32, coordinates: v128): v128 {
  const multiplier = i32x4.splat(load<i32>(level.multipliers + (<usize>i) * 4));
  if (level.directory == 0) return i32x4.mul(coordinates, multiplier);
  const shift = level.blockShift;
  const local = v128.and(coordinates, i32x4.splat((1 << shift) - 1));
  const block = i32x4.mul(i32x4.shr_u(coordinates, shift), multiplier);
  return i32x4.add(i32x4.shl(block, shift * axes), i32x4.shl(local, shift * i));
}

/**
 * Finds the corners of the cells of four points, whose input rows begin at `x` and are `stride` bytes apart. Corner b
 * is at the upper end of axis i where bit i of b is set.
 */
// @ts-ignore: decorator
@inline
function findCorners(grid: Grid, level: GridLevel, x: usize, stride: usize, rows: usize): void {
  const corners = 1 << grid.axes;
  const weights = rows + (<usize>corners) * 16;
  const isHashed = level.mask != NONE;
  const one = f32x4.splat(1);
  const scale = f32x4.splat(<f32>level.resolution * 0.5);
  const last = f32x4.splat(<f32>(level.resolution - 1));
  v128.store(rows, i32x4.splat(0));
  v128.store(weights, one);
  for (let i = 0; i < grid.axes; i++) {
    const at = x + (<usize>i) * FLOAT;
    let values = v128.load32_splat(at);
    values = v128.load_lane<f32>(at + stride, values, 1);
    values = v128.load_lane<f32>(at + 2 * stride, values, 2);
    values = v128.load_lane<f32>(at + 3 * stride, values, 3);
    const u = f32x4.mul(f32x4.add(values, one), scale);
    // NaN is in cell 0, where its weights are NaN.
    const cell = v128.and(f32x4.ge(u, one), f32x4.min(f32x4.floor(u), last));
    const upper = upperWeights(grid.interpolation, f32x4.sub(u, cell));
    const lower = f32x4.sub(one, upper);
    const coordinate = i32x4.trunc_sat_f32x4_s(cell);
    const low = placesOf(level, grid.axes, i, coordinate);
    const high = placesOf(level, grid.axes, i, i32x4.add(coordinate, i32x4.splat(1)));
    const step = (<usize>16) << i;
    for (let corner: usize = 0; corner < step; corner += 16) {
      const row = v128.load(rows + corner);
      const weight = v128.load(weights + corner);
      v128.store(rows + corner, isHashed ? v128.xor(row, low) : i32x4.add(row, low));
      v128.store(rows + corner + step, isHashed ? v128.xor(row, high) : i32x4.add(row, high));
      v128.store(weights + corner, f32x4.mul(weight, lower));
      v128.store(weights + corner + step, f32x4.mul(weight, upper));
    }
  }
  if (level.directory != 0)
    for (let corner = rows; corner < weights; corner += 16)
      v128.store(corner, rowsInBlocks(level, grid.axes, v128.load(corner)));
  const mask = i32x4.splat(isHashed ? level.mask : -1);
  const first = i32x4.splat(level.firstRow);
  const rowBytes = i32x4.splat(grid.rowFeatures * 4);
  for (let corner = rows; corner < weights; corner += 16)
    v128.store(corner, i32x4.mul(i32x4.add(v128.and(v128.load(corner), mask), first), rowBytes));
}

/** The address of one of four rows. */
// @ts-ignore: decorator
@inline
function rowOf(rows: usize, point: usize): u32 {
  return load<u32>(rows + 4 * point);
}

export function gridValues(program: Program, operation: Operation, scratch: usize): void {
  const grid = changetype<Grid>(operation.detail);
  const operand = operandOf(operation, 0);
  const rows = scratch + program.temporaries;
  const weights = rows + ((<usize>16) << grid.axes);
  const stride = (<usize>operand.stride) * FLOAT;
  const outStride = (<usize>operation.stride) * FLOAT;
  const features = grid.rowFeatures;
  const table = grid.table;
  for (let index = 0; index < grid.levelCount; index++) {
    const level = levelOf(grid, index);
    let x = scratch + operand.jet;
    let to = scratch + operation.jet + (<usize>(index * features)) * FLOAT;
    for (let point = 0; point < program.tilePoints; point += 4) {
      findCorners(grid, level, x, stride, rows);
      if (features == 2) {
        let first = f32x4.splat(0);
        let second = f32x4.splat(0);
        for (let corner = rows; corner < weights; corner += 16) {
          const weight = v128.load(corner + (weights - rows));
          let found = v128.load64_zero(table + rowOf(corner, 0));
          found = v128.load64_lane(table + rowOf(corner, 1), found, 1);
          first = multiplyAdd(v128.shuffle<f32>(weight, weight, 0, 0, 1, 1), found, first);
          found = v128.load64_zero(table + rowOf(corner, 2));
          found = v128.load64_lane(table + rowOf(corner, 3), found, 1);
          second = multiplyAdd(v128.shuffle<f32>(weight, weight, 2, 2, 3, 3), found, second);
        }
        v128.store64_lane(to, first, 0);
        v128.store64_lane(to + outStride, first, 1);
        v128.store64_lane(to + 2 * outStride, second, 0);
        v128.store64_lane(to + 3 * outStride, second, 1);
      } else
        for (let f: usize = 0; f < <usize>features * FLOAT; f += FLOAT) {
          let sum = f32x4.splat(0);
          for (let corner = rows; corner < weights; corner += 16) {
            let found = v128.load32_zero(table + rowOf(corner, 0) + f);
            found = v128.load_lane<f32>(table + rowOf(corner, 1) + f, found, 1);
            found = v128.load_lane<f32>(table + rowOf(corner, 2) + f, found, 2);
            found = v128.load_lane<f32>(table + rowOf(corner, 3) + f, found, 3);
            sum = multiplyAdd(v128.load(corner + (weights - rows)), found, sum);
          }
          v128.store_lane<f32>(to + f, sum, 0);
          v128.store_lane<f32>(to + outStride + f, sum, 1);
          v128.store_lane<f32>(to + 2 * outStride + f, sum, 2);
          v128.store_lane<f32>(to + 3 * outStride + f, sum, 3);
        }
      x += 4 * stride;
      to += 4 * outStride;
    }
  }
}

/** Adds the gradients of one level's rows from the tape of a tile. */
export function addTileValuesToRows(
  program: Program,
  operation: Operation,
  range: RowRange,
  tape: usize,
  count: i32,
): void {
  const grid = changetype<Grid>(operation.detail);
  const level = levelOf(grid, range.level);
  const rows = range.scratch + program.temporaries;
  const weights = rows + ((<usize>16) << grid.axes);
  const stride = (<usize>grid.axes) * FLOAT;
  const features = grid.rowFeatures;
  const sums = range.sums;
  const first = range.first;
  const end = range.end;
  let x = tape;
  let g = tapeGradients(program, grid, range.level, tape);
  // Points beyond the last repeat it, with a gradient of 0.
  for (let point = 0; point < count; point += 4) {
    findCorners(grid, level, x, stride, rows);
    for (let corner = rows; corner < weights; corner += 16)
      for (let p: usize = 0; p < 4; p++) {
        const row = rowOf(corner, p);
        if (row < first || row >= end) continue;
        const weight = v128.load32_splat(corner + (weights - rows) + 4 * p);
        markRow(range, row, features);
        if (features == 2) {
          const part = f32x4.mul(weight, v128.load64_zero(g + 8 * p));
          v128.store64_lane(sums + row, f32x4.add(v128.load64_zero(sums + row), part), 0);
        } else
          for (let f: usize = 0; f < <usize>features * FLOAT; f += FLOAT) {
            const part = f32x4.extract_lane(weight, 0) * load<f32>(g + p * <usize>features * FLOAT + f);
            store<f32>(sums + row + f, load<f32>(sums + row + f) + part);
          }
      }
    x += 4 * stride;
    g += (<usize>(4 * features)) * FLOAT;
  }
}
