/** @file Associated Legendre functions without their factor (1 - z^2)^(m/2), and the norms of spherical harmonics. */

const scaled = (polynomial: readonly number[], factor: number): number[] => polynomial.map(c => c * factor);

/**
 * The coefficients of z^0, z^1, ... of P_lm(z) / (1 - z^2)^(m/2), without the Condon-Shortley phase:
 * P_mm = (2 m - 1)!!, and (l - m) P_lm = (2 l - 1) z P_(l-1)m - (l + m - 1) P_(l-2)m (Abramowitz and Stegun 1964,
 * equation 8.5.3).
 */
export const legendreFactors = (l: number, m: number): readonly number[] => {
  let before: readonly number[] = [];
  let now: readonly number[] = [Array.from({ length: m }, (_, k) => 2 * k + 1).reduce((a, b) => a * b, 1)];
  for (let band = m + 1; band <= l; band++) {
    const raised = [0, ...scaled(now, 2 * band - 1)];
    const lowered = scaled(before, band + m - 1);
    [before, now] = [now, scaled(raised, 1 / (band - m)).map((c, k) => c - (lowered[k] ?? 0) / (band - m))];
  }
  return now;
};

/** K_lm: (-1)^m sqrt((2 l + 1) / (4 pi) (l - |m|)! / (l + |m|)!), times sqrt(2) unless m is 0. */
export const normalisation = (l: number, m: number): number => {
  const order = Math.abs(m);
  const factorials = Array.from({ length: 2 * order }, (_, k) => l - order + 1 + k).reduce((a, b) => a * b, 1);
  const norm = Math.sqrt((2 * l + 1) / (4 * Math.PI * factorials));
  return (order % 2 === 1 ? -1 : 1) * norm * (order === 0 ? 1 : Math.SQRT2);
};
