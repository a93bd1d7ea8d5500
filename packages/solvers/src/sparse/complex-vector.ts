/** @file Vectors of complex numbers in double precision, as two arrays. */

/** A vector of complex numbers. */
export interface ComplexVector {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/** A vector of zeros. */
export const complexZeros = (length: number): ComplexVector => ({
  real: new Float64Array(length),
  imaginary: new Float64Array(length),
});

/** The Euclidean norm. */
export const complexNorm = ({ real, imaginary }: ComplexVector): number => {
  let sum = 0;
  for (let i = 0; i < real.length; i++) sum += real[i]! ** 2 + imaginary[i]! ** 2;
  return Math.sqrt(sum);
};

/** Adds b to a, in place. */
export const addInPlace = (a: ComplexVector, b: ComplexVector): void => {
  for (let i = 0; i < a.real.length; i++) {
    a.real[i]! += b.real[i]!;
    a.imaginary[i]! += b.imaginary[i]!;
  }
};
