/**
 * @file Lists how parameters are packed before a step, and how gradients are collected after it; see
 *   `assembly/parameters.ts`.
 */
import type { OperandArray, ParameterArray } from '@neural-fields/core/layers';
import { constants } from '../generated/records.ts';
import type { Image, Pointer, RecordValues } from './image.ts';

const FLOAT = 4;
/** Alignment of gradients: a cache line, which is also a vector of 16 floats. */
const ALIGNMENT = 64;

/** The number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** The packing of the parameters with which a step begins. */
export class Packings {
  readonly #records: RecordValues<'Packing'>[] = [];

  /** Records run in order: add formulas after the parameters that they use. */
  add(record: RecordValues<'Packing'>): void {
    this.#records.push(record);
  }

  finish(image: Image): { readonly pointer: Pointer; readonly count: number } {
    return { pointer: image.list('Packing', this.#records), count: this.#records.length };
  }
}

/** The location of values in a program's memory, and the bytes to those of the next field. */
export interface ValueSource {
  readonly source: Pointer;
  readonly fieldBytes: number;
}

/** The location of a parameter, or of a constant that is written to the image. */
export const sourceOf = (image: Image, numbers: OperandArray): ValueSource =>
  numbers.kind === 'parameter'
    ? {
        source: { region: 'parameters', offset: FLOAT * numbers.offset },
        fieldBytes: FLOAT * (numbers.fieldStride ?? 0),
      }
    : { source: image.floats(numbers.values()), fieldBytes: 0 };

/** Some elements of a parameter. */
export interface ElementRange {
  readonly first: number;
  readonly count: number;
  /** Distance between neighbouring elements. */
  readonly step: number;
}

/** A parameter in the flat vector, and where its gradient is collected; in floats. */
export interface CollectedParameter {
  readonly offset: number;
  readonly count: number;
  readonly collected: number;
}

/** The layout of a thread's gradients, and how they are collected. */
export class Gradients {
  readonly #records: RecordValues<'Collection'>[] = [];
  readonly #panel: number;
  readonly #collected: Map<number, CollectedParameter> | undefined;
  #collectedFloats = 0;
  #bytes = 0;

  /**
   * @param panel columns of a panel
   * @param isCompact whether gradients are collected one after the other, instead of into a vector of all parameters
   */
  constructor(panel: number, { isCompact }: { readonly isCompact: boolean }) {
    this.#panel = panel;
    this.#collected = isCompact ? new Map() : undefined;
  }

  /** The parameters whose gradients are collected one after the other. */
  get collected(): readonly CollectedParameter[] {
    return [...(this.#collected?.values() ?? [])];
  }

  /** Where the gradient of a parameter is collected, in floats. */
  #targetOf({ offset, shape }: ParameterArray): number {
    if (this.#collected === undefined) return offset;
    const known = this.#collected.get(offset) ?? { offset, count: sizeOf(shape), collected: this.#collectedFloats };
    if (!this.#collected.has(offset)) this.#collectedFloats += known.count;
    this.#collected.set(offset, known);
    return known.collected;
  }

  /** Bytes of a thread's gradients: whole cache lines. */
  get bytes(): number {
    return this.#bytes;
  }

  #take(bytes: number): number {
    const offset = this.#bytes;
    this.#bytes += ALIGNMENT * Math.ceil(bytes / ALIGNMENT);
    return offset;
  }

  /** Allocates the gradient of a matrix `[rows][columns]`, in panels of columns. @returns its offset */
  panels(parameter: ParameterArray): number {
    const { shape, fieldStride = 0 } = parameter;
    const [rows = 0, columns = 0] = shape;
    const source = this.#take(FLOAT * this.#panel * Math.ceil(columns / this.#panel) * 4 * Math.ceil(rows / 4));
    const to = { target: FLOAT * this.#targetOf(parameter), fieldBytes: FLOAT * fieldStride };
    this.#records.push({ kind: constants.COLLECT_PANELS, source, rows, columns, ...to });
    return source;
  }

  /**
   * Allocates the contiguous gradient of all elements of a parameter, or of `count` from `first`, `step` apart. It is
   * padded to a multiple of a panel's columns.
   *
   * @returns its offset
   */
  vector(
    parameter: ParameterArray,
    { first = 0, count = sizeOf(parameter.shape), step = 1 }: Partial<ElementRange> = {},
  ): number {
    const { fieldStride = 0 } = parameter;
    const source = this.#take(FLOAT * this.#panel * Math.ceil(count / this.#panel));
    const to = { target: FLOAT * (this.#targetOf(parameter) + first), fieldBytes: FLOAT * fieldStride };
    this.#records.push({ kind: constants.COLLECT_COPY, source, rows: count, columns: step, ...to });
    return source;
  }

  finish(image: Image): { readonly pointer: Pointer; readonly count: number } {
    return { pointer: image.list('Collection', this.#records), count: this.#records.length };
  }
}
