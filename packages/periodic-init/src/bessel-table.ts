import { besselJs } from './bessel.ts';

/** Entries per unit: the error of cubic interpolation is h^4 / 384 times the fourth derivative, below 1e-15. */
const PER_UNIT = 1024;

/**
 * J_0 as a table with cubic Hermite interpolation, J_0' = -J_1: for very many arguments.
 *
 * @param max the largest |x|
 * @returns J_0(x) for |x| up to `max`, to 1e-13
 */
export const tabulatedJ0 = (max: number): ((x: number) => number) => {
  const count = Math.ceil(max * PER_UNIT) + 2;
  const [values, slopes] = [new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < count; i++) {
    const [zeroth, first] = besselJs(1, i / PER_UNIT);
    values[i] = zeroth as number;
    slopes[i] = -(first as number) / PER_UNIT;
  }
  return x => {
    const at = Math.abs(x) * PER_UNIT;
    const i = Math.floor(at);
    const t = at - i;
    const s = 1 - t;
    return (
      s * s * ((1 + 2 * t) * (values[i] as number) + t * (slopes[i] as number)) +
      t * t * ((1 + 2 * s) * (values[i + 1] as number) - s * (slopes[i + 1] as number))
    );
  };
};
