/**
 * @file Features interpolated between the rows of a table: `gridJet` in core, whose `ops/grid.ts` says what they are.
 *
 * Each block of the output is a sum over the 2^D corners of a cell, sum_b c_b T[row_b], whose coefficients c are
 * products of the weights along each axis, or of their derivatives, and of the derivatives of the input. With W the
 * product of all weights, W_i that with the weight of axis i replaced by its derivative -1 or 1, and s = resolution /
 * 2,
 *
 *     value: W      first k: sum_i x1_k,i s W_i      second j: sum_i x2_j,i s W_i + sum_(i<e) m_j,ie s^2 W_ie
 *     m_j,ie = sum_p w_jp (x1_k,i x1_l,e + x1_l,i x1_k,e), (k, l) = pair p
 *
 * Four corners are worked on at once: corner b has the bit i of b set where it lies at the upper end of axis i.
 */
import {
  addContribution,
  blocksOf,
  contributionPlace,
  Forms,
  formsOf,
  isWanted,
  NONE,
  Operand,
  operandOf,
  Operation,
  pairIndex,
  Program,
} from '../program';
import { FLOAT, multiplyAdd } from '../simd';

// @ts-ignore: decorator
@unmanaged
export class Grid {
  /** D */
  axes: i32;
  rowFeatures: i32;
  levels: usize;
  levelCount: i32;
  /** `[rows][rowFeatures]` */
  table: usize;
  /** Offset in a thread's gradients, as the table; or NONE. */
  tableGradient: usize;
  /**
   * Offset of what the forward pass finds out about each point and level, which the reverse pass uses again;
   * `[points][levels]`.
   */
  kept: usize;
  /** Bytes from one of these to the next; 0 where there is no reverse pass, and one place is enough. */
  keptBytes: usize;
}

// @ts-ignore: decorator
@unmanaged
export class GridLevel {
  resolution: i32;
  firstRow: i32;
  /** One less than the level's rows where they are shared by a hash; else NONE. */
  mask: i32;
  /** i32 `[axes]`: what the coordinates of a vertex are multiplied with. */
  multipliers: usize;
}

// @ts-ignore: decorator
@inline
function groupsOf(axes: i32): i32 {
  return axes <= 2 ? 1 : 1 << (axes - 2);
}

/** Bytes of what is kept for a point and a level. */
export function gridKeptBytes(axes: i32, rowFeatures: i32, blocks: i32): i32 {
  return 16 * (groupsOf(axes) * (1 + rowFeatures + blocks) + ((axes + 3) >> 2));
}

/** Bytes of scratch beside that. */
export function gridScratchBytes(axes: i32, blocks: i32): i32 {
  return 16 * groupsOf(axes) * blocks;
}

// What the functions below share about one point and level, in globals: one instance is one thread.

let axes: i32 = 0;
/** Groups of four corners. */
let groups: i32 = 0;
/** s */
let scale: f32 = 0;
/** f32 `[axes]`: where in its cell the point lies. */
let t: usize = 0;
/** u32 `[groups][4]`: offsets of the corners' rows. */
let rows: usize = 0;
/** f32 `[rowFeatures][groups][4]`: what stands there. */
let found: usize = 0;
/** f32 `[blocks][groups][4]` */
let coefficients: usize = 0;
/** The derivatives of the loss with respect to the coefficients. */
let slopes: usize = 0;

/** Turns to a point and a level. */
// @ts-ignore: decorator
@inline
function turnTo(grid: Grid, level: GridLevel, blocks: i32, place: usize): void {
  axes = grid.axes;
  groups = groupsOf(axes);
  scale = <f32>level.resolution * 0.5;
  const group = (<usize>groups) * 16;
  rows = place;
  found = rows + group;
  coefficients = found + group * <usize>grid.rowFeatures;
  t = coefficients + group * <usize>blocks;
}

// @ts-ignore: decorator
@inline
function levelOf(grid: Grid, index: i32): GridLevel {
  return changetype<GridLevel>(grid.levels + (<usize>index) * offsetof<GridLevel>());
}

// @ts-ignore: decorator
@inline
function keptPlace(grid: Grid, scratch: usize, point: i32, level: i32): usize {
  return scratch + grid.kept + (<usize>(point * grid.levelCount + level)) * grid.keptBytes;
}

/** All bits set for the corners of a group that lie at the upper end of axis i. */
// @ts-ignore: decorator
@inline
function upperCorners(i: i32, group: i32): v128 {
  if (i == 0) return i32x4(0, -1, 0, -1);
  if (i == 1) return i32x4(0, 0, -1, -1);
  return i32x4.splat((group >> (i - 2)) & 1 ? -1 : 0);
}

/** The product of the weights of all axes, those in `mask` replaced by their derivatives. */
// @ts-ignore: decorator
@inline
function weightsOf(mask: i32, group: i32): v128 {
  const one = f32x4.splat(1);
  // One axis has two corners.
  let product = axes == 1 ? f32x4(1, 1, 0, 0) : one;
  for (let i = 0; i < axes; i++) {
    const isUpper = upperCorners(i, group);
    let upper = one;
    let lower = f32x4.splat(-1);
    if (!(mask & (1 << i))) {
      upper = v128.load32_splat(t + (<usize>i) * FLOAT);
      lower = f32x4.sub(one, upper);
    }
    product = f32x4.mul(product, v128.bitselect(upper, lower, isUpper));
  }
  return product;
}

// @ts-ignore: decorator
@inline
function sumOf(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

/** Finds the cell of a point in a level, the rows of its corners, and what stands there. */
function lookUp(grid: Grid, level: GridLevel, x: usize): void {
  const resolution = <f32>level.resolution;
  const isHashed = level.mask != NONE;
  for (let i = 0; i < axes; i++) {
    const u = (load<f32>(x + (<usize>i) * FLOAT) + 1) * scale;
    // NaN is in cell 0, where its weights are NaN.
    const cell: f32 = u >= 1 ? min(floor(u), resolution - 1) : 0;
    store<f32>(t + (<usize>i) * FLOAT, u - cell);
    const multiplier = load<u32>(level.multipliers + (<usize>i) * 4);
    const low = <u32>(<i32>cell) * multiplier;
    for (let group = 0; group < groups; group++) {
      const place = rows + (<usize>group) * 16;
      const part = v128.bitselect(i32x4.splat(low + multiplier), i32x4.splat(low), upperCorners(i, group));
      if (i == 0) v128.store(place, part);
      else if (isHashed) v128.store(place, v128.xor(v128.load(place), part));
      else v128.store(place, i32x4.add(v128.load(place), part));
    }
  }
  const rowFeatures = grid.rowFeatures;
  const block = (<usize>groups) * 16;
  for (let group = 0; group < groups; group++) {
    const place = rows + (<usize>group) * 16;
    let row = v128.load(place);
    if (isHashed) row = v128.and(row, i32x4.splat(level.mask));
    row = i32x4.mul(i32x4.add(row, i32x4.splat(level.firstRow)), i32x4.splat(rowFeatures * 4));
    v128.store(place, row);
    const table = grid.table;
    const a = table + <usize>(<u32>i32x4.extract_lane(row, 0));
    const b = table + <usize>(<u32>i32x4.extract_lane(row, 1));
    const c = table + <usize>(<u32>i32x4.extract_lane(row, 2));
    const d = table + <usize>(<u32>i32x4.extract_lane(row, 3));
    const to = found + (<usize>group) * 16;
    for (let f = 0; f < rowFeatures; f++) {
      const at = (<usize>f) * FLOAT;
      let four = v128.load32_splat(a + at);
      four = v128.load_lane<f32>(b + at, four, 1);
      four = v128.load_lane<f32>(c + at, four, 2);
      four = v128.load_lane<f32>(d + at, four, 3);
      v128.store(to + (<usize>f) * block, four);
    }
  }
}

/** m_j,ie */
function mixedOf(forms: Forms, j: i32, x: usize, blockBytes: usize, i: i32, e: i32): f32 {
  let sum: f32 = 0;
  for (let p = 0; p < forms.pairCount; p++) {
    const k = x + (pairIndex(forms, p, 0) + 1) * blockBytes;
    const l = x + (pairIndex(forms, p, 1) + 1) * blockBytes;
    const weight = load<f32>(forms.weights + (<usize>(j * forms.pairCount + p)) * FLOAT);
    const atI = (<usize>i) * FLOAT;
    const atE = (<usize>e) * FLOAT;
    sum += weight * (load<f32>(k + atI) * load<f32>(l + atE) + load<f32>(l + atI) * load<f32>(k + atE));
  }
  return sum;
}

/** The coefficients of all blocks, for the point whose input row is `x`. */
function makeCoefficients(forms: Forms, x: usize, blockBytes: usize): void {
  const firstForm = 1 + forms.first;
  for (let group = 0; group < groups; group++) {
    const places = coefficients + (<usize>group) * 16;
    const next = (<usize>groups) * 16;
    v128.store(places, weightsOf(0, group));
    for (let block = 1; block < firstForm + forms.second; block++) v128.store(places + (<usize>block) * next, f32x4.splat(0));
    if (forms.first == 0) continue;
    for (let i = 0; i < axes; i++) {
      const slope = f32x4.mul(weightsOf(1 << i, group), f32x4.splat(scale));
      for (let block = 1; block < firstForm + forms.second; block++) {
        const along = v128.load32_splat(x + (<usize>block) * blockBytes + (<usize>i) * FLOAT);
        const place = places + (<usize>block) * next;
        v128.store(place, multiplyAdd(along, slope, v128.load(place)));
      }
      if (forms.second == 0) continue;
      for (let e = i + 1; e < axes; e++) {
        const bend = f32x4.mul(weightsOf((1 << i) | (1 << e), group), f32x4.splat(scale * scale));
        for (let j = 0; j < forms.second; j++) {
          const place = places + (<usize>(firstForm + j)) * next;
          const mixed = f32x4.splat(mixedOf(forms, j, x, blockBytes, i, e));
          v128.store(place, multiplyAdd(mixed, bend, v128.load(place)));
        }
      }
    }
  }
}

export function gridForward(program: Program, operation: Operation, scratch: usize): void {
  const forms = formsOf(program);
  const blocks = blocksOf(forms);
  const grid = changetype<Grid>(operation.detail);
  const operand = operandOf(operation, 0);
  const tile = program.tilePoints;
  const inBlock = (<usize>(tile * operand.stride)) * FLOAT;
  const rowFeatures = grid.rowFeatures;
  for (let point = 0; point < tile; point++) {
    const x = scratch + operand.place + (<usize>(point * operand.stride)) * FLOAT;
    for (let index = 0; index < grid.levelCount; index++) {
      const level = levelOf(grid, index);
      turnTo(grid, level, blocks, keptPlace(grid, scratch, point, index));
      lookUp(grid, level, x);
      makeCoefficients(forms, x, inBlock);
      const block = (<usize>groups) * 16;
      for (let c = 0; c < blocks; c++) {
        const row = (c * tile + point) * operation.stride + index * rowFeatures;
        const to = scratch + operation.place + (<usize>row) * FLOAT;
        const from = coefficients + (<usize>c) * block;
        for (let f = 0; f < rowFeatures; f++) {
          const values = found + (<usize>f) * block;
          let sum = f32x4.splat(0);
          for (let i: usize = 0; i < block; i += 16) sum = multiplyAdd(v128.load(from + i), v128.load(values + i), sum);
          store<f32>(to + (<usize>f) * FLOAT, sumOf(sum));
        }
      }
    }
  }
}

/** The gradient of a point's features in one level, at `g`: its part of the table's, and `slopes`. */
function reversePoint(grid: Grid, blocks: i32, g: usize, outBlock: usize, tableGradient: usize, wantsSlopes: bool): void {
  const block = (<usize>groups) * 16;
  const corners = 1 << axes;
  if (wantsSlopes)
    for (let i: usize = 0; i < block * <usize>blocks; i += 16) v128.store(slopes + i, f32x4.splat(0));
  for (let f = 0; f < grid.rowFeatures; f++) {
    const gf = g + (<usize>f) * FLOAT;
    if (wantsSlopes)
      for (let c = 0; c < blocks; c++) {
        const factor = v128.load32_splat(gf + (<usize>c) * outBlock);
        const to = slopes + (<usize>c) * block;
        for (let i: usize = 0; i < block; i += 16)
          v128.store(to + i, multiplyAdd(factor, v128.load(found + (<usize>f) * block + i), v128.load(to + i)));
      }
    if (tableGradient == 0) continue;
    for (let group = 0; group < groups; group++) {
      let part = f32x4.splat(0);
      for (let c = 0; c < blocks; c++)
        part = multiplyAdd(
          v128.load32_splat(gf + (<usize>c) * outBlock),
          v128.load(coefficients + (<usize>c) * block + (<usize>group) * 16),
          part,
        );
      const places = rows + (<usize>group) * 16;
      const target = tableGradient + (<usize>f) * FLOAT;
      // One after the other: corners may share a row.
      addTo(target + load<u32>(places), f32x4.extract_lane(part, 0));
      addTo(target + load<u32>(places, 4), f32x4.extract_lane(part, 1));
      if (corners < 4) continue;
      addTo(target + load<u32>(places, 8), f32x4.extract_lane(part, 2));
      addTo(target + load<u32>(places, 12), f32x4.extract_lane(part, 3));
    }
  }
}

// @ts-ignore: decorator
@inline
function addTo(place: usize, part: f32): void {
  store<f32>(place, load<f32>(place) + part);
}

/** sum_b slopes[block]_b W_b, with the weights of the axes in `mask` replaced by their derivatives. */
function slopeAlong(block: i32, mask: i32): f32 {
  let sum = f32x4.splat(0);
  for (let group = 0; group < groups; group++) {
    const slope = v128.load(slopes + (<usize>(block * groups + group)) * 16);
    sum = multiplyAdd(slope, weightsOf(mask, group), sum);
  }
  return sumOf(sum);
}

/** Adds to the gradient of a point's input, whose row is at `gx`. */
function addInputGradient(forms: Forms, operand: Operand, x: usize, gx: usize, blockBytes: usize): void {
  const squared = scale * scale;
  const firstForm = 1 + forms.first;
  const blocks = firstForm + forms.second;
  const givesAll = operand.gradientBlocks > 1;
  for (let i = 0; i < axes; i++) {
    const bit = 1 << i;
    const at = (<usize>i) * FLOAT;
    let sum = scale * slopeAlong(0, bit);
    for (let block = 1; block < blocks; block++) {
      const row = x + (<usize>block) * blockBytes;
      for (let e = 0; e < axes; e++)
        if (e != i) sum += load<f32>(row + (<usize>e) * FLOAT) * squared * slopeAlong(block, bit | (1 << e));
      if (givesAll) addTo(gx + (<usize>block) * blockBytes + at, scale * slopeAlong(block, bit));
    }
    for (let j = 0; j < forms.second; j++) {
      for (let a = 0; a < axes; a++)
        for (let e = a + 1; e < axes; e++)
          if (a != i && e != i) {
            const third = slopeAlong(firstForm + j, bit | (1 << a) | (1 << e));
            sum += mixedOf(forms, j, x, blockBytes, a, e) * squared * scale * third;
          }
      if (!givesAll) continue;
      for (let p = 0; p < forms.pairCount; p++) {
        const k = (pairIndex(forms, p, 0) + 1) * blockBytes;
        const l = (pairIndex(forms, p, 1) + 1) * blockBytes;
        const weight = load<f32>(forms.weights + (<usize>(j * forms.pairCount + p)) * FLOAT) * squared;
        for (let e = 0; e < axes; e++) {
          if (e == i) continue;
          const bend = weight * slopeAlong(firstForm + j, bit | (1 << e));
          addTo(gx + k + at, bend * load<f32>(x + l + (<usize>e) * FLOAT));
          addTo(gx + l + at, bend * load<f32>(x + k + (<usize>e) * FLOAT));
        }
      }
    }
    addTo(gx + at, sum);
  }
}

export function gridReverse(program: Program, operation: Operation, scratch: usize, gradients: usize): void {
  const forms = formsOf(program);
  const blocks = blocksOf(forms);
  const grid = changetype<Grid>(operation.detail);
  const operand = operandOf(operation, 0);
  const tile = program.tilePoints;
  const inBlock = (<usize>(tile * operand.stride)) * FLOAT;
  const outBlock = (<usize>(tile * operation.stride)) * FLOAT;
  const tableGradient = grid.tableGradient == <usize>NONE ? 0 : gradients + grid.tableGradient;
  const wanted = isWanted(operand);
  const target = wanted ? contributionPlace(program, operand, scratch) : 0;
  slopes = scratch + program.rows;
  for (let point = 0; point < tile; point++) {
    const row = (<usize>(point * operand.stride)) * FLOAT;
    const x = scratch + operand.place + row;
    if (wanted)
      for (let block = 0; block < operand.gradientBlocks; block++)
        for (let i = 0; i < grid.axes; i++) store<f32>(target + row + (<usize>block) * inBlock + (<usize>i) * FLOAT, 0);
    for (let index = 0; index < grid.levelCount; index++) {
      turnTo(grid, levelOf(grid, index), blocks, keptPlace(grid, scratch, point, index));
      const g = scratch + operation.gradient + (<usize>(point * operation.stride + index * grid.rowFeatures)) * FLOAT;
      reversePoint(grid, blocks, g, outBlock, tableGradient, wanted);
      if (wanted) addInputGradient(forms, operand, x, target + row, inBlock);
    }
  }
  if (wanted) addContribution(program, operand, scratch);
}
