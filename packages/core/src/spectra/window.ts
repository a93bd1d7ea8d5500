/** @file Windows: what a signal that is not periodic is multiplied by, so that its ends do not show in the spectrum. */

/** The factor of sample `index` of `length`. Along several axes the factors are multiplied. */
export type Window = (index: number, length: number) => number;

/** 1: the signal as it is. Right for a signal that is periodic over its samples. */
export const rectangularWindow: Window = () => 1;

/**
 * The Hann window in its periodic form, 1/2 - cos(2 pi n / N) / 2.
 *
 * Harris, "On the use of windows for harmonic analysis with the discrete Fourier transform", 1978, section V.C.
 */
export const hannWindow: Window = (index, length) => 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / length);
