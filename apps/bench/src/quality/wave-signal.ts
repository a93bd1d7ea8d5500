/** @file A wave of the Helmholtz equation, complex, as the solver has it. */
import { gaussianSource, perfectlyMatchedLayer } from '@neural-fields/losses';
import { denseArray, gridCoordinates } from '@neural-fields/signals';
import { solveHelmholtz } from '@neural-fields/solvers';
import ndarray from 'ndarray';
import { createQualitySignal, PICTURE_OMEGA, type SignalDefinition } from './quality-signal.ts';

/** In radians per unit of coordinate, as in the SIREN paper. */
const WAVENUMBER = 20;
/** The Gaussian source, off the centre; y before x. */
const SOURCE = { centres: [[-0.25, -0.1]], variance: 1e-3, amplitude: [1, 0] } as const;
/** The disc in the middle: waves are half as fast in it. */
const DISC = { radius: 0.2, squaredSlowness: 4 } as const;

/** A grid for fewer samples than this is refined, or the wave would not be resolved in the disc. */
const MIN_SIDE = 128;

/** The real and the imaginary part, on a grid that is shared with the pixel centres of a picture of `side` samples. */
const solveWaves = async (side: number): Promise<Float32Array> => {
  // Corner-aligned points of spacing 1 / (refinement side): the centre of each pixel is among them.
  const refinement = Math.max(1, Math.ceil(MIN_SIDE / side));
  const points = 2 * refinement * side + 1;
  const coords = gridCoordinates([points, points]);
  const source = ndarray(gaussianSource(coords, SOURCE), [points, points, 2]);
  const medium = Float64Array.from({ length: points * points }, (_, i) =>
    Math.hypot(coords[2 * i] as number, coords[2 * i + 1] as number) < DISC.radius ? DISC.squaredSlowness : 1,
  );
  const { waves } = await solveHelmholtz(source, {
    wavenumber: WAVENUMBER,
    absorbing: perfectlyMatchedLayer(),
    squaredSlowness: ndarray(medium, [points, points]),
    tolerance: 1e-7,
  });
  const values = new Float32Array(2 * side * side);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      for (let c = 0; c < 2; c++)
        values[2 * (y * side + x) + c] = waves.get((2 * y + 1) * refinement, (2 * x + 1) * refinement, c);
  return values;
};

/** The wave, scaled so that the larger of its real and imaginary parts is 1 where it is largest. */
export const wave: SignalDefinition = {
  name: 'wave',
  title: `a complex wave of the Helmholtz equation, k = ${WAVENUMBER}, from a small source beside a disc, by the solver`,
  create: async size => {
    const side = 2 * size;
    const values = await solveWaves(side);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const finer = denseArray(
      values.map(value => value / largest),
      [side, side, 2],
    );
    return createQualitySignal(finer, { omega0: PICTURE_OMEGA, filter: 'area' });
  },
};
