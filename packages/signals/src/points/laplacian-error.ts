/** @file The error of the Laplacian on a grid, by second differences. */

/**
 * The squared Laplacian of an error at each sample of a grid, mean over channels. The Laplacian is the sum over the
 * axes of second differences in units of samples; beyond the edge the error is that at the edge.
 *
 * @param error `f32[...shape, channels]`, row-major
 * @returns `f32[...shape]`
 */
export const squaredLaplacian = (error: Float32Array, shape: readonly number[]): Float32Array => {
  const size = shape.reduce((product, length) => product * length, 1);
  const channels = error.length / size;
  const squares = new Float32Array(size);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, channels));
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) {
      const at = i * channels + c;
      const value = error[at] as number;
      let laplacian = 0;
      for (const [axis, length] of shape.entries()) {
        const stride = strides[axis] as number;
        const position = Math.floor(at / stride) % length;
        if (position > 0) laplacian += (error[at - stride] as number) - value;
        if (position + 1 < length) laplacian += (error[at + stride] as number) - value;
      }
      sum += laplacian * laplacian;
    }
    squares[i] = sum / channels;
  }
  return squares;
};
