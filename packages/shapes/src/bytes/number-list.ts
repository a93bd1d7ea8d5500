type Numbers = Float64Array | Float32Array | Uint32Array;

/** A typed array that grows at its end. */
export interface NumberList<T extends Numbers> {
  readonly length: number;
  push(value: number): void;
  /** The values pushed so far: a view that is valid until the next push. */
  view(): T;
}

/** An empty list. It grows by doubling, so it takes up to three times the memory of its values while it grows. */
export const createNumberList = <T extends Numbers>(make: (length: number) => T): NumberList<T> => {
  let values = make(256);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(value) {
      if (length === values.length) {
        const larger = make(2 * length);
        larger.set(values);
        values = larger;
      }
      values[length++] = value;
    },
    view: () => values.subarray(0, length) as T,
  };
};

/** Makes a `Float64Array`. */
export const doubles = (length: number): Float64Array => new Float64Array(length);
/** Makes a `Float32Array`. */
export const floats = (length: number): Float32Array => new Float32Array(length);
/** Makes a `Uint32Array`. */
export const integers = (length: number): Uint32Array => new Uint32Array(length);

/** 0, 1, 2 ... `count - 1`. `Uint32Array.from` is a hundred times slower. */
export const indices = (count: number): Uint32Array => {
  const values = new Uint32Array(count);
  for (let i = 0; i < count; i++) values[i] = i;
  return values;
};
