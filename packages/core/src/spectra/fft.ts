/**
 * @file The discrete Fourier transform in float64, for any length and any number of axes.
 *
 *     X_k = sum_n x_n exp(-2 pi i sum_a k_a n_a / N_a)
 *
 * Powers of two by the radix-2 algorithm of Cooley and Tukey (1965); other lengths by Bluestein's (1970), which
 * expresses the transform as a convolution with a power-of-two length. Both take O(N log N). Every twiddle factor is
 * computed directly, not by recurrence, so that the error stays near log N times the rounding error of one operation.
 */

/** Complex numbers, row-major. */
export interface ComplexArray {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/** Transforms a line of fixed length in place. */
type Transform = (line: ComplexArray) => void;

const zeros = (length: number): ComplexArray => ({
  real: new Float64Array(length),
  imaginary: new Float64Array(length),
});

const isPowerOfTwo = (length: number): boolean => Number.isInteger(Math.log2(length));

/** Bit-reversal permutation. */
const reverseBits = (values: Float64Array): void => {
  const length = values.length;
  for (let i = 1, j = 0; i < length; i++) {
    let bit = length >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      const value = values[i] as number;
      values[i] = values[j] as number;
      values[j] = value;
    }
  }
};

/** Cooley and Tukey, "An algorithm for the machine calculation of complex Fourier series", 1965; decimation in time. */
const radix2 = (length: number): Transform => {
  const cosines = Float64Array.from({ length: length / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / length));
  const sines = Float64Array.from({ length: length / 2 }, (_, k) => -Math.sin((2 * Math.PI * k) / length));
  return ({ real, imaginary }) => {
    reverseBits(real);
    reverseBits(imaginary);
    for (let half = 1; half < length; half *= 2) {
      const step = length / (2 * half);
      for (let start = 0; start < length; start += 2 * half)
        for (let k = 0; k < half; k++) {
          const even = start + k;
          const odd = even + half;
          const c = cosines[k * step] as number;
          const s = sines[k * step] as number;
          const oddReal = real[odd] as number;
          const oddImaginary = imaginary[odd] as number;
          const productReal = oddReal * c - oddImaginary * s;
          const productImaginary = oddReal * s + oddImaginary * c;
          real[odd] = (real[even] as number) - productReal;
          imaginary[odd] = (imaginary[even] as number) - productImaginary;
          real[even] = (real[even] as number) + productReal;
          imaginary[even] = (imaginary[even] as number) + productImaginary;
        }
    }
  };
};

/**
 * Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", 1970. With k n = (k^2 +
 * n^2 - (k - n)^2) / 2 and the chirp w_n = exp(-pi i n^2 / N):
 *
 *     X_k = w_k sum_n (x_n w_n) conj(w_(k - n))
 */
const bluestein = (length: number): Transform => {
  const padded = 2 ** Math.ceil(Math.log2(2 * length - 1));
  const transform = radix2(padded);
  // exp has the period 2 N in n^2; reduced exactly, so that the angle stays accurate for large n. (n^2 is exact below n
  // = 9e7.)
  const angles = Float64Array.from({ length }, (_, n) => (Math.PI * ((n * n) % (2 * length))) / length);
  const cosines = angles.map(Math.cos);
  const sines = angles.map(angle => -Math.sin(angle));
  const filter = zeros(padded);
  for (let n = 0; n < length; n++)
    for (const place of n === 0 ? [0] : [n, padded - n]) {
      filter.real[place] = cosines[n] as number;
      filter.imaginary[place] = -(sines[n] as number);
    }
  transform(filter);
  return ({ real, imaginary }) => {
    const work = zeros(padded);
    for (let n = 0; n < length; n++) {
      const [x, y, c, s] = [real[n] as number, imaginary[n] as number, cosines[n] as number, sines[n] as number];
      work.real[n] = x * c - y * s;
      work.imaginary[n] = x * s + y * c;
    }
    transform(work);
    for (let k = 0; k < padded; k++) {
      const [x, y] = [work.real[k] as number, work.imaginary[k] as number];
      const [c, s] = [filter.real[k] as number, filter.imaginary[k] as number];
      // The inverse transform is the conjugate of the transform of the conjugate, divided by the length.
      work.real[k] = x * c - y * s;
      work.imaginary[k] = -(x * s + y * c);
    }
    transform(work);
    for (let k = 0; k < length; k++) {
      const [x, y] = [(work.real[k] as number) / padded, -(work.imaginary[k] as number) / padded];
      const [c, s] = [cosines[k] as number, sines[k] as number];
      real[k] = x * c - y * s;
      imaginary[k] = x * s + y * c;
    }
  };
};

const assertShape = (name: string, { real, imaginary }: ComplexArray, shape: readonly number[]): void => {
  const size = shape.reduce((product, length) => product * length, 1);
  if (shape.length === 0 || !shape.every(length => Number.isInteger(length) && length >= 1))
    throw new RangeError(`${name}: shape must be a list of positive integers, got [${shape.join(', ')}]`);
  if (real.length !== size || imaginary.length !== size)
    throw new RangeError(
      `${name}: shape [${shape.join(', ')}] needs ${size} values, got ${real.length} and ${imaginary.length}`,
    );
};

/**
 * The discrete Fourier transform over all axes: X_k = sum_n x_n exp(-2 pi i sum_a k_a n_a / N_a), not normalised.
 *
 * @param shape the lengths of the axes; one axis if absent
 * @returns new arrays of the same shape; element 0 is the frequency 0
 * @throws RangeError when the shape does not fit the arrays
 */
export const fft = (signal: ComplexArray, shape: readonly number[] = [signal.real.length]): ComplexArray => {
  assertShape('fft', signal, shape);
  const real = signal.real.slice();
  const imaginary = signal.imaginary.slice();
  let stride = real.length;
  for (const length of shape) {
    const block = stride;
    stride /= length;
    if (length === 1) continue;
    const transform = isPowerOfTwo(length) ? radix2(length) : bluestein(length);
    const line = zeros(length);
    for (let start = 0; start < real.length; start += block)
      for (let first = start; first < start + stride; first++) {
        for (let i = 0; i < length; i++) {
          line.real[i] = real[first + i * stride] as number;
          line.imaginary[i] = imaginary[first + i * stride] as number;
        }
        transform(line);
        for (let i = 0; i < length; i++) {
          real[first + i * stride] = line.real[i] as number;
          imaginary[first + i * stride] = line.imaginary[i] as number;
        }
      }
  }
  return { real, imaginary };
};

/**
 * The inverse of {@link fft}: x_n = (1 / N) sum_k X_k exp(2 pi i sum_a k_a n_a / N_a), with N the number of elements.
 *
 * @throws RangeError when the shape does not fit the arrays
 */
export const inverseFft = (spectrum: ComplexArray, shape: readonly number[] = [spectrum.real.length]): ComplexArray => {
  assertShape('inverseFft', spectrum, shape);
  const size = spectrum.real.length;
  const { real, imaginary } = fft({ real: spectrum.real, imaginary: spectrum.imaginary.map(value => -value) }, shape);
  return { real: real.map(value => value / size), imaginary: imaginary.map(value => -value / size) };
};
