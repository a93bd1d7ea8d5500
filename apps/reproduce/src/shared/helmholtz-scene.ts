/**
 * @file Waves of one frequency on [-1, 1]^2, as in the SIREN paper: small Gaussian sources, a medium, an absorbing
 * layer; and the solver's reference solution for them.
 */
import type { PointSource } from '@neural-fields/core';
import { gaussianSource, type PerfectlyMatchedLayer, perfectlyMatchedLayer, withTargets } from '@neural-fields/losses';
import { ball, gridCoordinates, uniform, union } from '@neural-fields/signals';
import { solveHelmholtz } from '@neural-fields/solvers';
import ndarray from 'ndarray';

/** A point or centre, y before x. */
export type Place = readonly [y: number, x: number];

/** The sources and the medium that determine the waves. */
export interface HelmholtzScene {
  /** k, in radians per unit of coordinate. */
  readonly wavenumber: number;
  /** Of the Gaussian sources. */
  readonly variance: number;
  readonly sources: readonly Place[];
  /** The integral of each source, the same in the real and in the imaginary part; 1 if absent. */
  readonly amplitude?: number;
  /** m */
  readonly squaredSlowness: (y: number, x: number) => number;
}

/** The absorbing layer of the paper. */
export const absorbing: PerfectlyMatchedLayer = perfectlyMatchedLayer();

/** Where the layer begins: errors are computed inside. */
export const INNER: number = absorbing.bound - absorbing.width;

/** The outermost points are on the border. */
const square = [
  [-1, 1],
  [-1, 1],
] as const;

/** The authors draw points within 500 sigma^2 of a source, which is 5 sigma for their sigma^2 = 1e-4. */
const RADIUS = 5;

/** The target `source` at some points, flattened. */
const sourceAt = ({ sources, variance, amplitude = 1 }: HelmholtzScene, coords: ArrayLike<number>): Float32Array =>
  gaussianSource(coords, { centres: sources, variance, amplitude: [amplitude, amplitude] });

/**
 * The points of a step: uniform in the square, plus some around each source, with the targets `source` and
 * `squaredSlowness`.
 *
 * @param near the number of points around each source
 */
export const scenePoints = (
  scene: HelmholtzScene,
  { count, near }: { readonly count: number; readonly near: number },
): PointSource => {
  const { sources, variance, squaredSlowness } = scene;
  const around = sources.map((centre, i) => [
    `source${i}`,
    ball(centre, { count: near, radius: RADIUS * Math.sqrt(variance), box: square }),
  ]);
  const plane = uniform(square, { count: count - near * sources.length });
  return withTargets(union({ plane, ...Object.fromEntries(around) }), coords => ({
    source: sourceAt(scene, coords),
    squaredSlowness: Float32Array.from({ length: coords.length / 2 }, (_, i) =>
      squaredSlowness(coords[2 * i] as number, coords[2 * i + 1] as number),
    ),
  }));
};

/** The solver's waves. */
export interface SolvedScene {
  /** The waves on a corner-aligned grid, `f32[size * size, 2 sources]`, row-major. */
  readonly onGrid: Float32Array;
  /** The waves at any point, `[2 sources]`. */
  at(place: Place): readonly number[];
  /** Points along a side of the solver's grid. */
  readonly side: number;
  readonly residual: number;
}

/**
 * The solver's grid has about this many points along a side, fewer if the grid of the fit is coarse, and at least two
 * per standard deviation of a source.
 */
const SIDE = 192;
const LARGEST_REFINEMENT = 6;
const POINTS_PER_DEVIATION = 2;

/** The mean of m over the cell around a point, so that the edges of media are resolved to less than a cell. */
const cellMean = (m: HelmholtzScene['squaredSlowness'], y: number, x: number, step: number): number => {
  const parts = [-0.375, -0.125, 0.125, 0.375];
  let sum = 0;
  for (const dy of parts) for (const dx of parts) sum += m(y + dy * step, x + dx * step);
  return sum / parts.length ** 2;
};

/** Weights of cubic interpolation from four neighbours, for a point `part` of the way from the second to the third. */
const cubicWeights = (part: number): readonly number[] => [
  (-part * (part - 1) * (part - 2)) / 6,
  ((part + 1) * (part - 1) * (part - 2)) / 2,
  (-(part + 1) * part * (part - 2)) / 2,
  ((part + 1) * part * (part - 1)) / 6,
];

/**
 * Solves for the waves of a scene in float64, finely enough to sample them on a grid of `size` points along a side.
 */
export const solveScene = async (scene: HelmholtzScene, size: number, signal: AbortSignal): Promise<SolvedScene> => {
  const wanted = Math.max(
    Math.min(SIDE, LARGEST_REFINEMENT * size),
    (2 * POINTS_PER_DEVIATION) / Math.sqrt(scene.variance),
  );
  const refinement = Math.ceil(wanted / (size - 1));
  const side = (size - 1) * refinement + 1;
  const step = 2 / (side - 1);
  const coords = gridCoordinates([side, side]);
  const width = 2 * scene.sources.length;
  const source = ndarray(sourceAt(scene, coords), [side, side, width]);
  const m = Float64Array.from({ length: side * side }, (_, i) =>
    cellMean(scene.squaredSlowness, coords[2 * i] as number, coords[2 * i + 1] as number, step),
  );
  const squaredSlowness = ndarray(m, [side, side]);
  const { waves, residual } = await solveHelmholtz(source, {
    wavenumber: scene.wavenumber,
    absorbing,
    squaredSlowness,
    tolerance: 1e-7,
    signal,
  });
  const at = ([y, x]: Place): readonly number[] => {
    const [row, column] = [(y + 1) / step, (x + 1) / step];
    const [top, left] = [row, column].map(place => Math.min(side - 3, Math.max(1, Math.floor(place)))) as [
      number,
      number,
    ];
    const [down, along] = [cubicWeights(row - top), cubicWeights(column - left)];
    return Array.from({ length: width }, (_, c) =>
      down.reduce(
        (sum, v, i) => sum + v * along.reduce((line, w, j) => line + w * waves.get(top - 1 + i, left - 1 + j, c), 0),
        0,
      ),
    );
  };
  const onGrid = new Float32Array(size * size * width);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      for (let c = 0; c < width; c++) onGrid[(i * size + j) * width + c] = waves.get(i * refinement, j * refinement, c);
  return { onGrid, at, side, residual };
};

/** A disc in the middle in which the wave speed differs from that around it, where m is 1. */
export interface Disc {
  readonly radius: number;
  /** m inside it. */
  readonly inside: number;
}

/** The medium with a disc. */
export const discMedium =
  ({ radius, inside }: Disc): HelmholtzScene['squaredSlowness'] =>
  (y, x) =>
    Math.hypot(y, x) < radius ? inside : 1;

/** The medium `circle` of the authors' code: waves are twice as fast in it. */
export const authorsDisc: Disc = { radius: 0.1, inside: 1 / 4 };

/** From this size on, a grid is fine enough to be shown. */
const VIEW = 100;

/**
 * The points along a side of the grid on which waves are shown and compared: those of the fit, or about three times as
 * many.
 */
export const viewSize = (size: number): number => (size < VIEW ? 3 * (size - 1) + 1 : size);

/** The indices of the points of a corner-aligned grid of [-1, 1]^2 that the absorbing layer encloses. */
export const innerPoints = (size: number): readonly number[] => {
  const coords = gridCoordinates([size, size]);
  return Array.from({ length: size * size }, (_, i) => i).filter(
    i => Math.max(Math.abs(coords[2 * i] as number), Math.abs(coords[2 * i + 1] as number)) <= INNER + 1e-6,
  );
};
