/**
 * @file The gradients of the tables of a program: how much memory their tapes and sums take, and how the sums are added
 *   to the gradient of all parameters; see `assembly/ops/grid-tape.ts`.
 */
import type { ParameterArray } from '@neural-fields/core/layers';
import type { Arena } from '../wasm/memory.ts';
import { sizeOf } from './packings.ts';

const FLOAT = 4;
/** Bytes of a line, for which there is one mark. */
const LINE = 64;
const LINE_FLOATS = LINE / FLOAT;
/** From this number of floats on, copying is faster by the engine's own functions. */
const LONG_RUN = 256;

/** The sums of a table. */
interface TableSum {
  /** Offset in the sums of all tables, in bytes: a multiple of a line. */
  readonly offset: number;
  /** The table's place in the flat vector of parameters, in floats. */
  readonly target: number;
  readonly count: number;
}

/** The tables whose gradients are added up in memory that all threads share. */
export class TableGradients {
  readonly #tables: TableSum[] = [];
  #bytes = 0;
  #tapeFloats = 0;
  #levels = 0;

  /**
   * Adds the table of a grid.
   *
   * @param floats of its tape for each point
   * @returns offset of its sums, and the floats of other tapes before its own
   */
  add(
    table: ParameterArray,
    { floats, levels }: { readonly floats: number; readonly levels: number },
  ): { readonly tableGradient: number; readonly tape: number } {
    const added = { tableGradient: this.#bytes, tape: this.#tapeFloats };
    const count = sizeOf(table.shape);
    this.#tables.push({ offset: this.#bytes, target: table.offset, count });
    this.#bytes += LINE * Math.ceil((FLOAT * count) / LINE);
    this.#tapeFloats += floats;
    this.#levels += levels;
    return added;
  }

  /** Bytes of all sums. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of the marks of all lines. */
  get markBytes(): number {
    return this.#bytes / LINE;
  }

  /** Floats of the tapes for each point. */
  get tapeFloats(): number {
    return this.#tapeFloats;
  }

  /** The number of ranges into which the rows of a level are divided, so that there is one for each thread. */
  parts(threads: number): number {
    return Math.ceil(threads / Math.max(1, this.#levels));
  }

  /**
   * Adds the sums of the lines that were written to the gradient, and clears them.
   *
   * @param isNew whether the gradient of the tables is 0 so far
   */
  collect(
    arena: Arena,
    { sums, marks }: { readonly sums: number; readonly marks: number },
    gradient: Float32Array,
    { isNew }: { readonly isNew: boolean },
  ): void {
    for (const { offset, target, count } of this.#tables) {
      const lines = Math.ceil(count / LINE_FLOATS);
      const values = arena.floats(sums + offset, LINE_FLOATS * lines);
      const written = new Uint8Array(arena.memory.buffer, marks + offset / LINE, lines);
      for (let line = 0; line < lines; line++) {
        if (written[line] === 0) continue;
        const start = LINE_FLOATS * line;
        while (line < lines && written[line] !== 0) line++;
        const end = Math.min(LINE_FLOATS * line, count);
        if (isNew && end - start >= LONG_RUN) gradient.set(values.subarray(start, end), target + start);
        else
          for (let i = start; i < end; i++)
            gradient[target + i] = (gradient[target + i] as number) + (values[i] as number);
        if (end - start >= LONG_RUN) values.fill(0, start, end);
        else for (let i = start; i < end; i++) values[i] = 0;
      }
      written.fill(0);
    }
  }
}
