/**
 * @file Which parameters go where before a step, and which gradients go where after it; see `assembly/parameters.ts`.
 */
import type { OperandArray, ParameterArray } from '@neural-fields/core/layers';
import { constants } from '../generated/records.ts';
import type { Image, Place, RecordValues } from './image.ts';

const FLOAT = 4;
/** Of gradients: a cache line, which a vector of 16 numbers fills. */
const ALIGNMENT = 64;

/** How many numbers a shape has. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** What a step does with the parameters first. */
export class Packings {
  readonly #records: RecordValues<'Packing'>[] = [];

  /** In order: formulas come after the parameters that they use. */
  add(record: RecordValues<'Packing'>): void {
    this.#records.push(record);
  }

  finish(image: Image): { readonly place: Place; readonly count: number } {
    return { place: image.list('Packing', this.#records), count: this.#records.length };
  }
}

/** Where numbers are in a program's memory, and how far those of the next field are from there. */
export interface NumberSource {
  readonly source: Place;
  readonly fieldBytes: number;
}

/** Finds numbers. */
export const sourceOf = (image: Image, numbers: OperandArray): NumberSource =>
  numbers.kind === 'parameter'
    ? {
        source: { region: 'parameters', offset: FLOAT * numbers.offset },
        fieldBytes: FLOAT * (numbers.fieldStride ?? 0),
      }
    : { source: image.floats(numbers.values()), fieldBytes: 0 };

/** Some numbers of a parameter. */
export interface NumberRange {
  readonly first: number;
  readonly count: number;
  /** From one to the next. */
  readonly step: number;
}

/** The gradients of parameters in a thread's memory, and how they get from there into the flat vector. */
export class Gradients {
  readonly #records: RecordValues<'Collecting'>[] = [];
  readonly #panel: number;
  #bytes = 0;

  /** @param panel columns of a panel */
  constructor(panel: number) {
    this.#panel = panel;
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

  /** A matrix `[rows][columns]` in panels of columns. @returns its offset */
  panels({ offset, shape, fieldStride = 0 }: ParameterArray): number {
    const [rows = 0, columns = 0] = shape;
    const source = this.#take(FLOAT * this.#panel * Math.ceil(columns / this.#panel) * 4 * Math.ceil(rows / 4));
    const to = { target: FLOAT * offset, fieldBytes: FLOAT * fieldStride };
    this.#records.push({ kind: constants.COLLECT_PANELS, source, rows, columns, ...to });
    return source;
  }

  /**
   * Numbers one behind the other, up to a multiple of a panel's columns: all of them, or `count` from `first`, `step`
   * apart. @returns their offset
   */
  vector(
    { offset, shape, fieldStride = 0 }: ParameterArray,
    { first = 0, count = sizeOf(shape), step = 1 }: Partial<NumberRange> = {},
  ): number {
    const source = this.#take(FLOAT * this.#panel * Math.ceil(count / this.#panel));
    const to = { target: FLOAT * (offset + first), fieldBytes: FLOAT * fieldStride };
    this.#records.push({ kind: constants.COLLECT_COPY, source, rows: count, columns: step, ...to });
    return source;
  }

  finish(image: Image): { readonly place: Place; readonly count: number } {
    return { place: image.list('Collecting', this.#records), count: this.#records.length };
  }
}
