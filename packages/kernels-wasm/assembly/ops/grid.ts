/**
 * @file Features interpolated between the rows of a table: `gridJet` in core, defined in its `ops/grid.ts`.
 *
 * Each block of the output is a sum over the 2^D corners of a cell, sum_b c_b T[row_b]. The coefficients c are products
 * of the interpolation weights along each axis, or of their derivatives, and of the derivatives of the input. With W
 * the product of all weights, W_i its derivative along axis i, and W_ie its second derivatives,
 *
 *     value: W      first k: sum_i x1_k,i W_i      second j: sum_i x2_j,i W_i + sum_(i<=e) m_j,ie W_ie
 *     m_j,ie = sum_p w_jp (x1_k,i x1_l,e + x1_l,i x1_k,e), (k, l) = pair p; half of it for i = e
 *
 * Four corners are processed at once: bit i of corner b is set where the corner is at the upper end of axis i.
 */
import {
  addContribution,
  blocksOf,
  contributionTarget,
  Forms,
  formsOf,
  needsGradient,
  NONE,
  Operand,
  operandOf,
  Operation,
  pairIndex,
  Program,
} from '../program';
import { FLOAT, multiplyAdd } from '../simd';
import { markRow, RowRange, tapeGradients, writeTape } from './grid-tape';
import { cornerBytes, gridValues } from './grid-value';

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
  /**
   * The gradient of the table, with its shape, or NONE: an offset into the program's sums of tables where there is a
   * tape, else into a thread's gradients.
   */
  tableGradient: usize;
  /**
   * Floats for each point of a tile's tape that come before those of this grid, or NONE; see `grid-tape.ts`.
   */
  tape: i32;
  /** Offset of the lookup of each point and level, which the backward pass reuses; `[points][levels]`. */
  keptLookups: usize;
  /** Bytes from one lookup to the next; 0 where no backward pass needs them, and all share one buffer. */
  keptLookupBytes: usize;
  /** INTERPOLATION_... */
  interpolation: i32;
}

// The weights of core's `ops/grid-interpolation.ts`.
export const INTERPOLATION_LINEAR: i32 = 0;
export const INTERPOLATION_SMOOTHSTEP: i32 = 1;
export const INTERPOLATION_NEAREST: i32 = 2;

// @ts-ignore: decorator
@unmanaged
export class GridLevel {
  resolution: i32;
  firstRow: i32;
  rows: i32;
  /** One less than the number of rows of a hashed level; else NONE. */
  mask: i32;
  /**
   * i32 `[axes]`: the factors of a vertex's coordinates in the row index, or in the hash, or of a block's coordinates
   * in the directory.
   */
  multipliers: usize;
  /** i32: the first row of each block, or 0, where only some blocks have rows; else 0. See core's `grid-blocks.ts`. */
  directory: usize;
  /** The binary logarithm of the vertices of a block along an axis. */
  blockShift: i32;
}

/**
 * What a vertex's coordinate along axis i adds to its place: to the row index or the hash, or where there are blocks,
 * to the index of the block, and below it to the row in the block.
 */
// @ts-ignore: decorator
@inline
function placeOf(level: GridLevel, axes: i32, i: i32, coordinate: u32): u32 {
  const multiplier = load<u32>(level.multipliers + (<usize>i) * 4);
  if (level.directory == 0) return coordinate * multiplier;
  const shift = level.blockShift;
  const local = coordinate & ((1 << shift) - 1);
  return (((coordinate >> shift) * multiplier) << (shift * axes)) + (local << (shift * i));
}

/** The row of a vertex at a place, where there are blocks. */
// @ts-ignore: decorator
@inline
function rowInBlock(level: GridLevel, axes: i32, place: u32): u32 {
  const bits = level.blockShift * axes;
  const first = load<u32>(level.directory + (<usize>(place >> bits)) * 4);
  return first == 0 ? 0 : first + (place & ((1 << bits) - 1));
}

/** The rows of vertices at four places, where there are blocks. */
export function rowsInBlocks(level: GridLevel, axes: i32, places: v128): v128 {
  let rows = i32x4.splat(rowInBlock(level, axes, i32x4.extract_lane(places, 0)));
  rows = i32x4.replace_lane(rows, 1, rowInBlock(level, axes, i32x4.extract_lane(places, 1)));
  rows = i32x4.replace_lane(rows, 2, rowInBlock(level, axes, i32x4.extract_lane(places, 2)));
  return i32x4.replace_lane(rows, 3, rowInBlock(level, axes, i32x4.extract_lane(places, 3)));
}

// @ts-ignore: decorator
@inline
export function groupsOf(axes: i32): i32 {
  return axes <= 2 ? 1 : 1 << (axes - 2);
}

/** Bytes of the lookup of a point and a level. */
export function gridKeptBytes(axes: i32, rowFeatures: i32, blocks: i32): i32 {
  return 16 * (groupsOf(axes) * (1 + rowFeatures + blocks) + axes);
}

/** Bytes of scratch in addition: for the derivatives of coefficients, or for the corners of four points. */
export function gridScratchBytes(axes: i32, blocks: i32): i32 {
  return max(16 * groupsOf(axes) * blocks, cornerBytes(axes));
}

// The lookup of one point and level, shared by the functions below. Globals are safe: every thread has its own
// instance.

let axes: i32 = 0;
/** Groups of four corners. */
let groups: i32 = 0;
/** Of the level: resolution / 2. */
let scale: f32 = 0;
/** f32 `[axes][4]`: the weight of the upper vertices along an axis, and its first three derivatives by x. */
let edges: usize = 0;
/** 0 where the second derivative of a weight is not 0, else 1. */
let apart: i32 = 1;
/** u32 `[groups][4]`: offsets of the corners' rows. */
let rows: usize = 0;
/** f32 `[rowFeatures][groups][4]`: the features of those rows. */
let tableValues: usize = 0;
/** f32 `[blocks][groups][4]` */
let coefficients: usize = 0;
/** f32 `[blocks][groups][4]`: the derivatives of the loss with respect to the coefficients. */
let coefficientGradients: usize = 0;

/** Sets the globals to the lookup at an address. */
// @ts-ignore: decorator
@inline
function selectLevel(grid: Grid, level: GridLevel, blocks: i32, address: usize): void {
  axes = grid.axes;
  groups = groupsOf(axes);
  scale = <f32>level.resolution * 0.5;
  const group = (<usize>groups) * 16;
  rows = address;
  tableValues = rows + group;
  coefficients = tableValues + group * <usize>grid.rowFeatures;
  edges = coefficients + group * <usize>blocks;
  apart = grid.interpolation == INTERPOLATION_SMOOTHSTEP ? 0 : 1;
}

// @ts-ignore: decorator
@inline
export function levelOf(grid: Grid, index: i32): GridLevel {
  return changetype<GridLevel>(grid.levels + (<usize>index) * offsetof<GridLevel>());
}

// @ts-ignore: decorator
@inline
function lookupAddress(grid: Grid, scratch: usize, point: i32, level: i32): usize {
  return scratch + grid.keptLookups + (<usize>(point * grid.levelCount + level)) * grid.keptLookupBytes;
}

/** All bits set for the corners of a group that lie at the upper end of axis i. */
// @ts-ignore: decorator
@inline
function upperCorners(i: i32, group: i32): v128 {
  if (i == 0) return i32x4(0, -1, 0, -1);
  if (i == 1) return i32x4(0, 0, -1, -1);
  return i32x4.splat((group >> (i - 2)) & 1 ? -1 : 0);
}

/** How often to differentiate along an axis: two bits for each axis. */
// @ts-ignore: decorator
@inline
function once(axis: i32): i32 {
  return 1 << (2 * axis);
}

/** The product of the weights of all axes, differentiated `orders` times. */
function weightsOf(orders: i32, group: i32): v128 {
  // One axis has two corners.
  let product = axes == 1 ? f32x4(1, 1, 0, 0) : f32x4.splat(1);
  for (let i = 0; i < axes; i++) {
    const order = (orders >> (2 * i)) & 3;
    const upper = v128.load32_splat(edges + (<usize>(4 * i + order)) * FLOAT);
    const lower = order ? f32x4.neg(upper) : f32x4.sub(f32x4.splat(1), upper);
    product = f32x4.mul(product, v128.bitselect(upper, lower, upperCorners(i, group)));
  }
  return product;
}

/** Stores the weight of the upper vertex of an axis at t, and its derivatives by x. */
// @ts-ignore: decorator
@inline
function storeEdge(interpolation: i32, i: i32, t: f32): void {
  let weights = f32x4(t, scale, 0, 0);
  if (interpolation == INTERPOLATION_SMOOTHSTEP) {
    const second: f32 = (6 - 12 * t) * scale * scale;
    weights = f32x4(t * t * (3 - 2 * t), 6 * t * (1 - t) * scale, second, -12 * scale * scale * scale);
  } else if (interpolation == INTERPOLATION_NEAREST) {
    // NaN remains NaN.
    weights = f32x4(t != t ? t : t > 0.5 ? 1 : 0, 0, 0, 0);
  }
  v128.store(edges + (<usize>i) * 16, weights);
}

// @ts-ignore: decorator
@inline
function sumOf(x: v128): f32 {
  return f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

/** Finds the cell of a point in a level, and the offsets of its corners' rows. */
function findRows(grid: Grid, level: GridLevel, x: usize): void {
  const resolution = <f32>level.resolution;
  const isHashed = level.mask != NONE;
  for (let i = 0; i < axes; i++) {
    const u = (load<f32>(x + (<usize>i) * FLOAT) + 1) * scale;
    // NaN is in cell 0, where its weights are NaN.
    const cell: f32 = u >= 1 ? min(floor(u), resolution - 1) : 0;
    storeEdge(grid.interpolation, i, u - cell);
    const low = placeOf(level, axes, i, <u32>(<i32>cell));
    const high = placeOf(level, axes, i, <u32>(<i32>cell) + 1);
    for (let group = 0; group < groups; group++) {
      const address = rows + (<usize>group) * 16;
      const part = v128.bitselect(i32x4.splat(high), i32x4.splat(low), upperCorners(i, group));
      if (i == 0) v128.store(address, part);
      else if (isHashed) v128.store(address, v128.xor(v128.load(address), part));
      else v128.store(address, i32x4.add(v128.load(address), part));
    }
  }
  for (let group = 0; group < groups; group++) {
    const address = rows + (<usize>group) * 16;
    let row = v128.load(address);
    if (level.directory != 0) row = rowsInBlocks(level, axes, row);
    if (isHashed) row = v128.and(row, i32x4.splat(level.mask));
    v128.store(address, i32x4.mul(i32x4.add(row, i32x4.splat(level.firstRow)), i32x4.splat(grid.rowFeatures * 4)));
  }
}

/** Loads the features of the rows that {@link findRows} has found. */
function loadRows(grid: Grid): void {
  const rowFeatures = grid.rowFeatures;
  const block = (<usize>groups) * 16;
  for (let group = 0; group < groups; group++) {
    const row = v128.load(rows + (<usize>group) * 16);
    const table = grid.table;
    const a = table + <usize>(<u32>i32x4.extract_lane(row, 0));
    const b = table + <usize>(<u32>i32x4.extract_lane(row, 1));
    const c = table + <usize>(<u32>i32x4.extract_lane(row, 2));
    const d = table + <usize>(<u32>i32x4.extract_lane(row, 3));
    const to = tableValues + (<usize>group) * 16;
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

/** m_j,ie for i <= e */
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
  return i == e ? 0.5 * sum : sum;
}

/** Computes the coefficients of all blocks, for the point with the input row `x`. */
function computeCoefficients(forms: Forms, x: usize, blockBytes: usize): void {
  const firstForm = 1 + forms.first;
  for (let group = 0; group < groups; group++) {
    const addresses = coefficients + (<usize>group) * 16;
    const next = (<usize>groups) * 16;
    v128.store(addresses, weightsOf(0, group));
    for (let block = 1; block < firstForm + forms.second; block++)
      v128.store(addresses + (<usize>block) * next, f32x4.splat(0));
    if (forms.first == 0) continue;
    for (let i = 0; i < axes; i++) {
      const firstDerivative = weightsOf(once(i), group);
      for (let block = 1; block < firstForm + forms.second; block++) {
        const along = v128.load32_splat(x + (<usize>block) * blockBytes + (<usize>i) * FLOAT);
        const address = addresses + (<usize>block) * next;
        v128.store(address, multiplyAdd(along, firstDerivative, v128.load(address)));
      }
      if (forms.second == 0) continue;
      for (let e = i + apart; e < axes; e++) {
        const secondDerivative = weightsOf(once(i) + once(e), group);
        for (let j = 0; j < forms.second; j++) {
          const address = addresses + (<usize>(firstForm + j)) * next;
          const mixed = f32x4.splat(mixedOf(forms, j, x, blockBytes, i, e));
          v128.store(address, multiplyAdd(mixed, secondDerivative, v128.load(address)));
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
  if (blocks == 1 && grid.keptLookupBytes == 0) {
    gridValues(program, operation, scratch);
    return;
  }
  const inBlock = (<usize>(tile * operand.stride)) * FLOAT;
  const rowFeatures = grid.rowFeatures;
  for (let point = 0; point < tile; point++) {
    const x = scratch + operand.jet + (<usize>(point * operand.stride)) * FLOAT;
    for (let index = 0; index < grid.levelCount; index++) {
      const level = levelOf(grid, index);
      selectLevel(grid, level, blocks, lookupAddress(grid, scratch, point, index));
      findRows(grid, level, x);
      loadRows(grid);
      computeCoefficients(forms, x, inBlock);
      const block = (<usize>groups) * 16;
      for (let c = 0; c < blocks; c++) {
        const row = (c * tile + point) * operation.stride + index * rowFeatures;
        const to = scratch + operation.jet + (<usize>row) * FLOAT;
        const from = coefficients + (<usize>c) * block;
        for (let f = 0; f < rowFeatures; f++) {
          const values = tableValues + (<usize>f) * block;
          let sum = f32x4.splat(0);
          for (let i: usize = 0; i < block; i += 16) sum = multiplyAdd(v128.load(from + i), v128.load(values + i), sum);
          store<f32>(to + (<usize>f) * FLOAT, sumOf(sum));
        }
      }
    }
  }
}

/** The derivatives of the loss with respect to one feature, whose gradient is at `gf`, of four rows. */
// @ts-ignore: decorator
@inline
function rowGradients(blocks: i32, gf: usize, outBlock: usize, group: i32): v128 {
  const block = (<usize>groups) * 16;
  let part = f32x4.splat(0);
  for (let c = 0; c < blocks; c++)
    part = multiplyAdd(
      v128.load32_splat(gf + (<usize>c) * outBlock),
      v128.load(coefficients + (<usize>c) * block + (<usize>group) * 16),
      part,
    );
  return part;
}

/** From the gradient `g` of a point's features in one level: adds to the table's, and fills `coefficientGradients`. */
function backwardPoint(
  grid: Grid,
  blocks: i32,
  g: usize,
  outBlock: usize,
  tableGradient: usize,
  needsInputGradient: bool,
): void {
  const block = (<usize>groups) * 16;
  const corners = 1 << axes;
  if (needsInputGradient)
    for (let i: usize = 0; i < block * <usize>blocks; i += 16) v128.store(coefficientGradients + i, f32x4.splat(0));
  for (let f = 0; f < grid.rowFeatures; f++) {
    const gf = g + (<usize>f) * FLOAT;
    if (needsInputGradient)
      for (let c = 0; c < blocks; c++) {
        const factor = v128.load32_splat(gf + (<usize>c) * outBlock);
        const to = coefficientGradients + (<usize>c) * block;
        for (let i: usize = 0; i < block; i += 16)
          v128.store(to + i, multiplyAdd(factor, v128.load(tableValues + (<usize>f) * block + i), v128.load(to + i)));
      }
    if (tableGradient == 0) continue;
    for (let group = 0; group < groups; group++) {
      const part = rowGradients(blocks, gf, outBlock, group);
      const addresses = rows + (<usize>group) * 16;
      const target = tableGradient + (<usize>f) * FLOAT;
      // One at a time: corners may share a row.
      addTo(target + load<u32>(addresses), f32x4.extract_lane(part, 0));
      addTo(target + load<u32>(addresses, 4), f32x4.extract_lane(part, 1));
      if (corners < 4) continue;
      addTo(target + load<u32>(addresses, 8), f32x4.extract_lane(part, 2));
      addTo(target + load<u32>(addresses, 12), f32x4.extract_lane(part, 3));
    }
  }
}

// @ts-ignore: decorator
@inline
function addTo(address: usize, part: f32): void {
  store<f32>(address, load<f32>(address) + part);
}

/** sum_b coefficientGradients[block]_b W_b, with the weights differentiated `orders` times. */
function contractGradients(block: i32, orders: i32): f32 {
  let sum = f32x4.splat(0);
  for (let group = 0; group < groups; group++) {
    const gradient = v128.load(coefficientGradients + (<usize>(block * groups + group)) * 16);
    sum = multiplyAdd(gradient, weightsOf(orders, group), sum);
  }
  return sumOf(sum);
}

/** Adds to the gradient of a point's input, with its row at `gx`. */
function addInputGradient(forms: Forms, operand: Operand, x: usize, gx: usize, blockBytes: usize): void {
  const firstForm = 1 + forms.first;
  const blocks = firstForm + forms.second;
  const coversAllBlocks = operand.gradientBlocks > 1;
  // Linear weights have no second derivative.
  const isLinear = apart == 1;
  for (let i = 0; i < axes; i++) {
    const along = once(i);
    const at = (<usize>i) * FLOAT;
    let sum = contractGradients(0, along);
    for (let block = 1; block < blocks; block++) {
      const row = x + (<usize>block) * blockBytes;
      for (let e = 0; e < axes; e++)
        if (e != i || !isLinear)
          sum += load<f32>(row + (<usize>e) * FLOAT) * contractGradients(block, along + once(e));
      if (coversAllBlocks) addTo(gx + (<usize>block) * blockBytes + at, contractGradients(block, along));
    }
    for (let j = 0; j < forms.second; j++) {
      for (let a = 0; a < axes; a++)
        for (let e = a + apart; e < axes; e++)
          if (!isLinear || (a != i && e != i))
            sum += mixedOf(forms, j, x, blockBytes, a, e) * contractGradients(firstForm + j, along + once(a) + once(e));
      if (!coversAllBlocks) continue;
      for (let p = 0; p < forms.pairCount; p++) {
        const k = (pairIndex(forms, p, 0) + 1) * blockBytes;
        const l = (pairIndex(forms, p, 1) + 1) * blockBytes;
        const weight = load<f32>(forms.weights + (<usize>(j * forms.pairCount + p)) * FLOAT);
        for (let e = 0; e < axes; e++) {
          if (e == i && isLinear) continue;
          const factor = weight * contractGradients(firstForm + j, along + once(e));
          addTo(gx + k + at, factor * load<f32>(x + l + (<usize>e) * FLOAT));
          addTo(gx + l + at, factor * load<f32>(x + k + (<usize>e) * FLOAT));
        }
      }
    }
    addTo(gx + at, sum);
  }
}

/** Adds the gradients of one level's rows from the tape of a tile; the general case of `grid-tape.ts`. */
export function addTileToRows(program: Program, operation: Operation, range: RowRange, tape: usize, count: i32): void {
  const forms = formsOf(program);
  const blocks = blocksOf(forms);
  const grid = changetype<Grid>(operation.detail);
  const level = levelOf(grid, range.level);
  const tile = program.tilePoints;
  const rowFeatures = grid.rowFeatures;
  const inBlock = (<usize>(tile * grid.axes)) * FLOAT;
  const outBlock = (<usize>(tile * rowFeatures)) * FLOAT;
  const gradients = tapeGradients(program, grid, range.level, tape);
  selectLevel(grid, level, blocks, range.scratch + grid.keptLookups);
  const corners = 1 << axes;
  for (let point = 0; point < count; point++) {
    const x = tape + (<usize>(point * grid.axes)) * FLOAT;
    findRows(grid, level, x);
    computeCoefficients(forms, x, inBlock);
    for (let f = 0; f < rowFeatures; f++) {
      const gf = gradients + (<usize>(point * rowFeatures + f)) * FLOAT;
      for (let group = 0; group < groups; group++) {
        v128.store(coefficientGradientsOf(program, range.scratch), rowGradients(blocks, gf, outBlock, group));
        for (let corner = 0; corner < min(4, corners); corner++) {
          const row = load<u32>(rows + (<usize>(4 * group + corner)) * 4);
          if (row < range.first || row >= range.end) continue;
          const part = load<f32>(coefficientGradientsOf(program, range.scratch) + (<usize>corner) * FLOAT);
          addTo(range.sums + row + (<usize>f) * FLOAT, part);
          if (f == 0) markRow(range, row, rowFeatures);
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function coefficientGradientsOf(program: Program, scratch: usize): usize {
  return scratch + program.temporaries;
}

export function gridBackward(
  program: Program,
  operation: Operation,
  scratch: usize,
  gradients: usize,
  start: i32,
): void {
  const forms = formsOf(program);
  const blocks = blocksOf(forms);
  const grid = changetype<Grid>(operation.detail);
  const operand = operandOf(operation, 0);
  const tile = program.tilePoints;
  const inBlock = (<usize>(tile * operand.stride)) * FLOAT;
  const outBlock = (<usize>(tile * operation.stride)) * FLOAT;
  const wanted = needsGradient(operand);
  const hasTape = grid.tape != NONE;
  if (hasTape) writeTape(program, operation, scratch, start);
  if (!wanted && (hasTape || grid.tableGradient == <usize>NONE)) return;
  const tableGradient = hasTape || grid.tableGradient == <usize>NONE ? 0 : gradients + grid.tableGradient;
  const target = wanted ? contributionTarget(program, operand, scratch) : 0;
  coefficientGradients = scratch + program.temporaries;
  for (let point = 0; point < tile; point++) {
    const row = (<usize>(point * operand.stride)) * FLOAT;
    const x = scratch + operand.jet + row;
    if (wanted)
      for (let block = 0; block < operand.gradientBlocks; block++)
        for (let i = 0; i < grid.axes; i++) store<f32>(target + row + (<usize>block) * inBlock + (<usize>i) * FLOAT, 0);
    for (let index = 0; index < grid.levelCount; index++) {
      selectLevel(grid, levelOf(grid, index), blocks, lookupAddress(grid, scratch, point, index));
      const g = scratch + operation.gradient + (<usize>(point * operation.stride + index * grid.rowFeatures)) * FLOAT;
      backwardPoint(grid, blocks, g, outBlock, tableGradient, wanted);
      if (wanted) addInputGradient(forms, operand, x, target + row, inBlock);
    }
  }
  if (wanted) addContribution(program, operand, scratch);
}
