/** @file Window functions, which suppress spectral leakage from the ends of signals that are not periodic. */

/** The weight of sample `index` of `length`. For several axes, the weights are multiplied. */
export type Window = (index: number, length: number) => number;

/** No window: weight 1. For signals that are periodic over their samples. */
export const rectangularWindow: Window = () => 1;

/**
 * The Hann window in its periodic form, 1/2 - cos(2 pi n / N) / 2.
 *
 * Harris, "On the use of windows for harmonic analysis with the discrete Fourier transform", 1978, section V.C.
 */
export const hannWindow: Window = (index, length) => 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / length);
