import { registerSoapKernel, SOAP_MATRIX_FIELDS, type SoapUpdate, type SoapVectors } from '@neural-fields/core/kernels';
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { BACKEND_NAME, type SimdBackend } from '../backend.ts';
import { packedBytes } from '../program/packed-bytes.ts';
import { allocate } from '../wasm/memory.ts';
import { paddedLength, type RowsTimesMatrix, rowsTimesMatrix } from './product.ts';

/** A matrix in the memory of a machine; its sides are padded with zeros to whole panels, which products keep. */
interface Place {
  readonly address: number;
  readonly rows: number;
  readonly columns: number;
}

/** The products of an update in the memory of a machine. Nothing is copied between them. */
class Products {
  readonly #backend: SimdBackend;
  readonly #multiply: (product: RowsTimesMatrix) => void;
  readonly #packed: number;

  /** @param sides the padded sides of all matrices */
  constructor(backend: SimdBackend, sides: readonly number[]) {
    const { arena, layout } = backend.machine;
    this.#backend = backend;
    this.#multiply = rowsTimesMatrix(backend.machine);
    this.#packed = arena.take(Math.max(...sides.flatMap(a => sides.map(b => packedBytes(layout, a, b)))));
  }

  /** A place for a matrix. */
  place(rows: number, columns: number): Place {
    return { address: this.#backend.machine.arena.take(4 * rows * columns), rows, columns };
  }

  values({ address, rows, columns }: Place): Float32Array {
    return this.#backend.machine.arena.floats(address, rows * columns);
  }

  /** Copies a matrix `[rows][columns]` to a place. */
  load(place: Place, matrix: Float32Array, rows: number, columns: number): void {
    const values = this.values(place);
    if (rows * columns === values.length) {
      values.set(matrix);
      return;
    }
    values.fill(0);
    for (let i = 0; i < rows; i++) values.set(matrix.subarray(i * columns, (i + 1) * columns), i * place.columns);
  }

  transpose({ address, rows, columns }: Place, to: Place): void {
    this.#backend.kernels.wasm.transposeBlock(address, rows, columns, columns, to.address, rows);
  }

  /** to = a b, or with `isTransposed` a b'. */
  multiply(a: Place, b: Place, to: Place, isTransposed = false): void {
    const [depth, columns] = isTransposed ? [b.columns, b.rows] : [b.rows, b.columns];
    this.#backend.machine.functions.packMatrix(b.address, depth, columns, isTransposed, this.#packed);
    this.#multiply({ a: a.address, rows: a.rows, depth, packed: this.#packed, columns, c: to.address });
  }
}

type Vectors = Readonly<Record<keyof SoapVectors, Float32Array>>;
type NextVectors = Readonly<Record<'parameters' | 'first' | 'second' | 'grams', Float32Array>>;

/** A matrix of an update: where it is, and where its Gram matrices are; negative where a side has none. */
interface MatrixPlace {
  readonly start: number;
  readonly rows: number;
  readonly columns: number;
  readonly left: number;
  readonly right: number;
}

const placesOf = ({ matrices }: SoapUpdate): MatrixPlace[] =>
  Array.from({ length: matrices.length / SOAP_MATRIX_FIELDS }, (_, i) => {
    const at = i * SOAP_MATRIX_FIELDS;
    const [start, rows, columns, left, right] = matrices.slice(at, at + SOAP_MATRIX_FIELDS) as [
      number,
      number,
      number,
      number,
      number,
    ];
    return { start, rows, columns, left, right };
  });

/** The next vectors of an update. */
class Update {
  readonly next: NextVectors;
  readonly #vectors: Vectors;
  readonly #update: SoapUpdate;

  constructor(vectors: Vectors, update: SoapUpdate) {
    const { length } = vectors.parameters;
    this.next = {
      ...{ parameters: allocate(length), first: allocate(length), second: allocate(length) },
      grams: allocate(vectors.grams.length),
    };
    this.#vectors = vectors;
    this.#update = update;
  }

  /** L = b L + (1 - b) product, for the matrix `[size][size]` at `start` and a product with rows `stride` apart. */
  blendGram(product: Float32Array, start: number, size: number, stride: number): void {
    const [beta, part] = [this.#update.gramBeta, 1 - this.#update.gramBeta];
    const [before, next] = [this.#vectors.grams, this.next.grams];
    for (let i = 0, at = start; i < size; i++)
      for (let j = i * stride; j < i * stride + size; j++, at++)
        next[at] = beta * (before[at] as number) + part * (product[j] as number);
  }

  /** Replaces the gradient `[rows][stride]` of the elements from `start` on by Adam's direction; writes m and v. */
  turnIntoDirection(x: Float32Array, start: number, [rows, columns, stride]: readonly [number, number, number]): void {
    const { beta1, beta2, epsilon, secondCorrection } = this.#update;
    const { first, second } = this.#vectors;
    const { first: firstNext, second: secondNext } = this.next;
    const [part1, part2] = [1 - beta1, 1 - beta2];
    for (let i = 0, at = start; i < rows; i++)
      for (let j = i * stride; j < i * stride + columns; j++, at++) {
        const g = x[j] as number;
        const m = beta1 * (first[at] as number) + part1 * g;
        const v = beta2 * (second[at] as number) + part2 * g * g;
        firstNext[at] = m;
        secondNext[at] = v;
        x[j] = m / (Math.sqrt(v) * secondCorrection + epsilon);
      }
  }

  /** Moves the parameters from `start` on along a direction `[rows][stride]`. */
  move(x: Float32Array, start: number, [rows, columns, stride]: readonly [number, number, number]): void {
    const { parameterScale, stepSize } = this.#update;
    const [before, next] = [this.#vectors.parameters, this.next.parameters];
    for (let i = 0, at = start; i < rows; i++)
      for (let j = i * stride; j < i * stride + columns; j++, at++)
        next[at] = parameterScale * (before[at] as number) - stepSize * (x[j] as number);
  }

  /** Adam for the elements from `start` to `end`. */
  moveOthers(start: number, end: number): void {
    if (start === end) return;
    const x = this.#vectors.gradient.slice(start, end);
    const shape = [1, x.length, x.length] as const;
    this.turnIntoDirection(x, start, shape);
    this.move(x, start, shape);
  }
}

/** Updates one matrix. */
const updateMatrix = (
  backend: SimdBackend,
  { gradient, bases }: Vectors,
  update: Update,
  { start, rows, columns, left, right }: MatrixPlace,
): void =>
  backend.machine.arena.scope(() => {
    const [r, c] = [paddedLength(rows, backend.machine), paddedLength(columns, backend.machine)];
    const products = new Products(backend, [r, c]);
    let [x, other] = [products.place(r, c), products.place(r, c)];
    const swap = (): void => {
      [x, other] = [other, x];
    };
    const basisOf = (from: number, size: number, padded: number): Place | undefined => {
      if (from < 0) return undefined;
      const place = products.place(padded, padded);
      products.load(place, bases.subarray(from, from + size * size), size, size);
      return place;
    };
    const [rowBasis, columnBasis] = [basisOf(left, rows, r), basisOf(right, columns, c)];
    products.load(x, gradient.subarray(start, start + rows * columns), rows, columns);
    if (rowBasis) {
      const gram = products.place(r, r);
      products.multiply(x, x, gram, true);
      update.blendGram(products.values(gram), left, rows, r);
    }
    if (columnBasis) {
      const [turned, gram] = [products.place(c, r), products.place(c, c)];
      products.transpose(x, turned);
      products.multiply(turned, x, gram);
      update.blendGram(products.values(gram), right, columns, c);
    }
    if (rowBasis) {
      products.multiply(rowBasis, x, other);
      swap();
    }
    if (columnBasis) {
      products.multiply(x, columnBasis, other, true);
      swap();
    }
    update.turnIntoDirection(products.values(x), start, [rows, columns, c]);
    if (columnBasis) {
      products.multiply(x, columnBasis, other);
      swap();
    }
    if (rowBasis) {
      const turned = products.place(r, r);
      products.transpose(rowBasis, turned);
      products.multiply(turned, x, other);
      swap();
    }
    update.move(products.values(x), start, [rows, columns, c]);
  });

const soapUpdate: KernelFunc = ({ inputs, attrs, backend }) => {
  const simd = backend as SimdBackend;
  const vectors = Object.fromEntries(
    Object.entries(inputs as Record<keyof SoapVectors, TensorInfo>).map(([name, info]) => [name, simd.valuesOf(info)]),
  ) as Vectors;
  const description = attrs as object as SoapUpdate;
  const update = new Update(vectors, description);
  let end = 0;
  for (const place of placesOf(description)) {
    update.moveOthers(end, place.start);
    updateMatrix(simd, vectors, update, place);
    end = place.start + place.rows * place.columns;
  }
  update.moveOthers(end, vectors.parameters.length);
  const { parameters, first, second, grams } = update.next;
  return [parameters, first, second, grams].map(values => simd.makeTensorInfo([values.length], 'float32', values));
};

/** Registers the update of SOAP. */
export const registerSoap = (): void => registerSoapKernel(BACKEND_NAME, soapUpdate);
