/**
 * @file Packs parameters from the flat vector into the layouts that the kernels read, and collects gradients back into
 *   a flat vector.
 */
import { ENTRY_BYTES, Formula, runInstructions } from './formula';
import { packPanels, packTransposedPanels } from './matrix-product';
import { FLOAT } from './simd';

/** `[rows][columns]` to panels of 8 columns. */
export const PACK_PANELS: i32 = 0;
/** `[rows][columns]` to panels of the transpose. */
export const PACK_TRANSPOSED: i32 = 1;
/** `rows` values, `columns` apart. */
export const PACK_COPY: i32 = 2;
/** One value to an entry of a formula's table. */
export const PACK_ENTRY: i32 = 3;
/** Computes the table entries that depend on others, by the formula at `source`. */
export const PACK_FORMULA: i32 = 4;
/** Stores the address of the values instead of copying them. */
export const PACK_ADDRESS: i32 = 5;

// @ts-ignore: decorator
@unmanaged
export class Packing {
  kind: i32;
  source: usize;
  /** Bytes between the values of neighbouring fields; 0 where all fields share them. */
  fieldBytes: usize;
  rows: i32;
  columns: i32;
  target: usize;
}

/** Packs the parameters of a field for the kernels; `list` holds `count` {@link Packing} records. */
export function packParameters(list: usize, count: i32, field: i32): void {
  for (let index = 0; index < count; index++) {
    const record = changetype<Packing>(list + (<usize>index) * offsetof<Packing>());
    const kind = record.kind;
    const source = record.source + (<usize>field) * record.fieldBytes;
    const rows = record.rows;
    const columns = record.columns;
    const target = record.target;
    if (kind == PACK_PANELS) packPanels(source, rows, columns, columns, target);
    else if (kind == PACK_TRANSPOSED) packTransposedPanels(source, columns, rows, columns, target);
    else if (kind == PACK_COPY)
      for (let i = 0; i < rows; i++) store<f32>(target + (<usize>i) * FLOAT, load<f32>(source + (<usize>(i * columns)) * FLOAT));
    else if (kind == PACK_ENTRY) v128.store(target, v128.load32_splat(source));
    else if (kind == PACK_FORMULA) {
      const formula = changetype<Formula>(source);
      runInstructions(formula.instructions, formula.instructionCount, target, target, target, ENTRY_BYTES);
    } else if (kind == PACK_ADDRESS) store<usize>(target, source);
    else unreachable();
  }
}

/** Panels `[columns / 8][rows rounded up to a multiple of 4][8]` to `[rows][columns]`. */
export const COLLECT_PANELS: i32 = 0;
/** `rows` values, to elements `columns` apart. */
export const COLLECT_COPY: i32 = 1;

// @ts-ignore: decorator
@unmanaged
export class Collection {
  kind: i32;
  /** Offset into a thread's gradients. */
  source: usize;
  rows: i32;
  columns: i32;
  /** Offset into the flat gradient. */
  target: usize;
  /** Bytes there between the values of neighbouring fields; 0 where all fields share them. */
  fieldBytes: usize;
}

// @ts-ignore: decorator
@inline
function add(address: usize, from: usize): void {
  store<f32>(address, load<f32>(address) + load<f32>(from));
}

// @ts-ignore: decorator
@inline
function collectionOf(list: usize, index: i32): Collection {
  return changetype<Collection>(list + (<usize>index) * offsetof<Collection>());
}

function collect(record: Collection, sums: usize, flat: usize, field: i32): void {
  const rows = record.rows;
  const columns = record.columns;
  const source = sums + record.source;
  const target = flat + record.target + (<usize>field) * record.fieldBytes;
  if (record.kind == COLLECT_PANELS) {
    const paddedRows = (rows + 3) & ~3;
    for (let column = 0; column < columns; column += 8) {
      const panel = source + (<usize>(column * paddedRows)) * FLOAT;
      const width = min(columns - column, 8);
      for (let i = 0; i < rows; i++) {
        const from = panel + (<usize>i) * 32;
        const to = target + (<usize>(i * columns + column)) * FLOAT;
        if (width == 8) {
          v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
          v128.store(to, f32x4.add(v128.load(to, 16), v128.load(from, 16)), 16);
        } else for (let j = 0; j < width; j++) add(to + (<usize>j) * FLOAT, from + (<usize>j) * FLOAT);
      }
    }
  } else if (record.kind == COLLECT_COPY) {
    if (columns == 1) {
      let i = 0;
      for (; i + 4 <= rows; i += 4) {
        const offset = (<usize>i) * FLOAT;
        v128.store(target + offset, f32x4.add(v128.load(target + offset), v128.load(source + offset)));
      }
      for (; i < rows; i++) add(target + (<usize>i) * FLOAT, source + (<usize>i) * FLOAT);
    } else for (let i = 0; i < rows; i++) add(target + (<usize>(i * columns)) * FLOAT, source + (<usize>i) * FLOAT);
  } else unreachable();
}

/** Adds the gradients at `sums` to the flat gradient; `list` holds `count` {@link Collection} records. */
export function collectGradients(list: usize, count: i32, sums: usize, flat: usize): void {
  for (let index = 0; index < count; index++) collect(collectionOf(list, index), sums, flat, 0);
}

/** The same, for the parameters that all fields share. */
export function collectShared(list: usize, count: i32, sums: usize, flat: usize): void {
  for (let index = 0; index < count; index++) {
    const record = collectionOf(list, index);
    if (record.fieldBytes == 0) collect(record, sums, flat, 0);
  }
}

/** The same, for the parameters that belong to one field; resets their sums to zero. */
export function collectOwn(list: usize, count: i32, sums: usize, flat: usize, field: i32): void {
  for (let index = 0; index < count; index++) {
    const record = collectionOf(list, index);
    if (record.fieldBytes == 0) continue;
    collect(record, sums, flat, field);
    const isPanels = record.kind == COLLECT_PANELS;
    const floats = isPanels ? ((record.rows + 3) & ~3) * ((record.columns + 7) & ~7) : (record.rows + 7) & ~7;
    memory.fill(sums + record.source, 0, (<usize>floats) * FLOAT);
  }
}
