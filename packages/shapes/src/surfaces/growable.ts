type Numbers = Float32Array | Uint32Array;

/** A typed array that grows. */
export interface Growable<T extends Numbers> {
  readonly length: number;
  push(a: number, b: number, c: number): void;
  set(at: number, value: number): void;
  get(at: number): number;
  /** A copy of the values from `start` on. */
  slice(start?: number): T;
}

/** Makes a typed array that grows by half of its length. */
export const createGrowable = <T extends Numbers>(make: (length: number) => T): Growable<T> => {
  let values = make(3 * 1024);
  let length = 0;
  return {
    get length() {
      return length;
    },
    push(a, b, c) {
      if (length + 3 > values.length) {
        const larger = make(3 * Math.ceil(values.length / 2));
        larger.set(values);
        values = larger;
      }
      values[length] = a;
      values[length + 1] = b;
      values[length + 2] = c;
      length += 3;
    },
    set(at, value) {
      values[at] = value;
    },
    get: at => values[at]!,
    slice: (start = 0) => values.slice(start, length) as T,
  };
};
