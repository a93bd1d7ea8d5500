import type { LayerSpec } from '@neural-fields/core';
import { abs, constant, defineActivation, floor, greater, mul, select, sub } from '@neural-fields/core/elementwise';
import { elementwise, type LayerDefinition } from '@neural-fields/core/layers';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import { shiftedCopies } from './shifted.ts';

/** The options of {@link triangleWave}. */
export interface TriangleWaveOptions {
  /** The number L of waves for each input feature, each with half the period of the previous one; 12 if absent. */
  readonly octaves?: number;
}

export interface TriangleWaveSpec extends LayerSpec {
  readonly kind: 'triangle-wave';
  readonly octaves: number;
}

const KIND = 'triangle-wave';

/** Beyond, a period is shorter than the resolution of float32 coordinates. */
const MAX_OCTAVES = 24;

/** 4 |u - floor(u) - 1/2| - 1 for a phase u in turns: 1 at whole turns, -1 at half ones. */
const triangle = defineActivation({
  kind: 'triangle-of-turns',
  derivatives(u) {
    const offset = sub(sub(u, floor(u)), 0.5);
    return [sub(mul(abs(offset), 4), 1), select(greater(offset, 0), 4, -4), constant(0), constant(0)];
  },
});

const assertSpec = ({ octaves }: TriangleWaveSpec): void => {
  assertCount(`${KIND}: octaves`, octaves);
  if (octaves > MAX_OCTAVES) throw new RangeError(`${KIND}: octaves must be at most ${MAX_OCTAVES}, got ${octaves}`);
};

/** The layer definition of {@link triangleWave}. It has no parameters. */
export const triangleWaveLayer: LayerDefinition<TriangleWaveSpec> = {
  kind: KIND,
  assertSpec,
  apply(input, { spec: { octaves } }) {
    const halves = Array.from({ length: octaves }, (_, l) => 2 ** (l - 1));
    return elementwise(shiftedCopies(input, { scale: halves, shifts: halves }), triangle);
  },
};

/**
 * Triangle waves of doubling frequencies for each input feature h: with u = 2^l (h + 1) / 2 for l = 0 ... L - 1,
 *
 *     4 |u - floor(u) - 1/2| - 1
 *
 * They are cheaper than the sines of positional encoding: Mueller et al. 2021, "Real-time Neural Radiance Caching for
 * Path Tracing", arXiv:2106.12372, section 4.1. The first derivative jumps at each turn; the second is 0.
 *
 * @throws RangeError or TypeError when an option is out of its range
 */
export const triangleWave = (options: TriangleWaveOptions = {}): TriangleWaveSpec => {
  assertOptions('triangleWave', options, { octaves: 1 });
  const spec: TriangleWaveSpec = { kind: KIND, octaves: options.octaves ?? 12 };
  assertSpec(spec);
  return spec;
};
