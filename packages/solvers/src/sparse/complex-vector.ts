/** @file Vectors of complex numbers in double precision, as two arrays. */

/** Complex numbers. */
export interface ComplexVector {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/** Zeros. */
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

/** a + b into a. */
export const addInPlace = (a: ComplexVector, b: ComplexVector): void => {
  for (let i = 0; i < a.real.length; i++) {
    a.real[i]! += b.real[i]!;
    a.imaginary[i]! += b.imaginary[i]!;
  }
};
