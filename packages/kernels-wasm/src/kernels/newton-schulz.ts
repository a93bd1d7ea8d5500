import { type NewtonSchulz, registerNewtonSchulzKernel } from '@neural-fields/core/kernels';
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { BACKEND_NAME, type SimdBackend } from '../backend.ts';
import type { Machine } from '../machine.ts';
import { packedBytes } from '../program/packed-bytes.ts';
import { allocate } from '../wasm/memory.ts';
import { type RowsTimesMatrix, rowsTimesMatrix } from './product.ts';

/** Rows and columns are padded with zeros, which the iteration keeps, to whole panels. */
const padded = (length: number, { layout: { panel } }: Machine): number => panel * Math.ceil(length / panel);

/**
 * The iteration of one matrix `[size][length]` in the memory of a machine, `size` being the shorter side. Nothing is
 * copied between its products.
 */
class Iteration {
  readonly #machine: Machine;
  readonly #size: number;
  readonly #length: number;
  readonly #gram: number;
  readonly #factor: number;
  readonly #packed: number;
  readonly #multiply: (product: RowsTimesMatrix) => void;
  /** The matrix, and the place for the next one. */
  #y: number;
  #next: number;

  constructor(machine: Machine, short: number, long: number) {
    const { arena, layout } = machine;
    this.#machine = machine;
    const [size, length] = [padded(short, machine), padded(long, machine)];
    this.#size = size;
    this.#length = length;
    [this.#y, this.#next] = [arena.take(4 * size * length), arena.take(4 * size * length)];
    [this.#gram, this.#factor] = [arena.take(4 * size * size), arena.take(4 * size * size)];
    this.#packed = arena.take(
      Math.max(packedBytes(layout, length, size), packedBytes(layout, size, size), packedBytes(layout, size, length)),
    );
    this.#multiply = rowsTimesMatrix(machine);
  }

  /** Where the matrix is now: `[size][length]`. */
  get values(): Float32Array {
    return this.#machine.arena.floats(this.#y, this.#size * this.#length);
  }

  get stride(): number {
    return this.#length;
  }

  step(inner: number, outer: number): void {
    const { functions } = this.#machine;
    const [size, length, packed] = [this.#size, this.#length, this.#packed];
    functions.packMatrix(this.#y, length, size, true, packed);
    this.#multiply({ a: this.#y, rows: size, depth: length, packed, columns: size, c: this.#gram });
    const diagonal = this.#shiftDiagonal(this.#gram, inner);
    functions.packMatrix(this.#gram, size, size, false, packed);
    this.#restoreDiagonal(this.#gram, diagonal);
    this.#multiply({ a: this.#gram, rows: size, depth: size, packed, columns: size, c: this.#factor });
    this.#shiftDiagonal(this.#factor, outer);
    functions.packMatrix(this.#y, size, length, false, packed);
    this.#multiply({ a: this.#factor, rows: size, depth: size, packed, columns: length, c: this.#next });
    [this.#y, this.#next] = [this.#next, this.#y];
  }

  /** Adds a value to the diagonal, and gives what it was. */
  #shiftDiagonal(matrix: number, value: number): Float32Array {
    const size = this.#size;
    const elements = this.#machine.arena.floats(matrix, size * size);
    const before = Float32Array.from({ length: size }, (_, i) => elements[i * (size + 1)] as number);
    for (let i = 0; i < size; i++) elements[i * (size + 1)] = (before[i] as number) + value;
    return before;
  }

  #restoreDiagonal(matrix: number, diagonal: Float32Array): void {
    const elements = this.#machine.arena.floats(matrix, this.#size * this.#size);
    for (const [i, value] of diagonal.entries()) elements[i * (this.#size + 1)] = value;
  }
}

type Shape = readonly [count: number, rows: number, columns: number];

const iterate = (machine: Machine, matrices: Float32Array, [, rows, columns]: Shape, how: NewtonSchulz): Float32Array =>
  machine.arena.scope(() => {
    const result = allocate(matrices.length);
    const isTall = rows > columns;
    const iteration = new Iteration(machine, Math.min(rows, columns), Math.max(rows, columns));
    const { stride } = iteration;
    for (let first = 0; first < matrices.length; first += rows * columns) {
      const start = iteration.values.fill(0);
      for (let i = 0; i < rows; i++) {
        const row = matrices.subarray(first + i * columns, first + (i + 1) * columns);
        if (isTall) for (let j = 0; j < columns; j++) start[j * stride + i] = row[j] as number;
        else start.set(row, i * stride);
      }
      for (let step = 0; step < how.iterations; step++) iteration.step(how.inner, how.outer);
      const end = iteration.values;
      for (let i = 0; i < rows; i++)
        if (isTall) for (let j = 0; j < columns; j++) result[first + i * columns + j] = end[j * stride + i] as number;
        else result.set(end.subarray(i * stride, i * stride + columns), first + i * columns);
    }
    return result;
  });

const newtonSchulz: KernelFunc = ({ inputs, attrs, backend }) => {
  const simd = backend as SimdBackend;
  const { matrices } = inputs as NamedTensorInfoMap & { readonly matrices: TensorInfo };
  const shape = matrices.shape as readonly number[] as Shape;
  const values = iterate(simd.machine, simd.valuesOf(matrices), shape, attrs as object as NewtonSchulz);
  return simd.makeTensorInfo(matrices.shape, 'float32', values);
};

/** Registers the iteration of Muon. */
export const registerNewtonSchulz = (): void => registerNewtonSchulzKernel(BACKEND_NAME, newtonSchulz);
