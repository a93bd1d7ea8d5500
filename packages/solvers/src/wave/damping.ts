/**
 * @file The absorbing layer of the wave equation: zeta(l) = zeta_0 (l / L)^2 along each axis, with zeta_0 = 3 c / (2 L)
 *   log(1 / R), so that the border reflects a fraction R of a wave at normal incidence. Grote and Sim 2010,
 *   arXiv:1001.0319, "Efficient PML for the wave equation".
 */
import { assertPositive } from '@neural-fields/core/options';

/** The absorbing layer at the border of a wave. */
export interface WaveAbsorption {
  /** L, in the units of the spacing. */
  readonly width: number;
  /** R, the reflection coefficient in the continuous limit; 1e-6 if absent. */
  readonly reflection?: number;
}

/** zeta along one axis, at the points and at the midpoints between neighbours. */
export interface AxisDamping {
  readonly nodes: Float64Array;
  readonly middles: Float64Array;
}

/** @throws RangeError when the layers do not fit the axis, or the reflection is not in (0, 1) */
export const axisDamping = (
  { width, reflection = 1e-6 }: WaveAbsorption,
  { length, step, speed }: { length: number; step: number; speed: number },
): AxisDamping => {
  assertPositive("solveWave: the absorbing border's width", width);
  const extent = (length - 1) * step;
  if (2 * width > extent)
    throw new RangeError(
      `solveWave: the absorbing border's width must be at most half of the grid's extent ${extent}, got ${width}`,
    );
  if (!(reflection > 0 && reflection < 1))
    throw new RangeError(`solveWave: reflection must be in (0, 1), got ${reflection}`);
  const largest = ((3 * speed) / (2 * width)) * Math.log(1 / reflection);
  const zeta = (index: number): number => {
    const depth = Math.max(width - index * step, width - (length - 1 - index) * step, 0);
    return largest * (depth / width) ** 2;
  };
  return {
    nodes: Float64Array.from({ length }, (_, i) => zeta(i)),
    middles: Float64Array.from({ length: length - 1 }, (_, i) => zeta(i + 0.5)),
  };
};
