/**
 * @file The data of a full-waveform inversion, and the truth it is compared with: waves from the project's own solver,
 * or a recording from a file.
 */
import type { PointSource } from '@neural-fields/core';
import { gridCoordinates } from '@neural-fields/signals';
import type { ExperimentContext, ProfileName } from '../frame/experiment.ts';
import { relativeError } from './errors.ts';
import { type WaveSettings, waveSettings } from './helmholtz-fit.ts';
import {
  authorsDisc,
  type Disc,
  discMedium,
  type HelmholtzScene,
  type Place,
  type SolvedScene,
  solveScene,
  viewSize,
} from './helmholtz-scene.ts';
import { loadRecording, type Recording } from './receivers-file.ts';

/** The problem to invert, with the true solution. */
export interface InversionProblem extends SolvedScene, Recording {
  readonly settings: WaveSettings;
  readonly scene: HelmholtzScene;
  readonly disc: Disc;
  /** m on the grid. */
  readonly medium: Float32Array;
  /** The observations, as points of a term. */
  readonly points: PointSource;
  /** Points along a side of the grid. */
  readonly size: number;
  /** Whether the observations come from a file. */
  readonly recorded: boolean;
  /** The relative difference between the solver's waves and the observations; 0 if the solver made the observations. */
  readonly misfit: number;
}

/** The profile `paper` has what is assumed to be the scene of the authors' file, with rounded positions. */
const scenes: Readonly<
  Record<ProfileName, { readonly disc: Disc; readonly sources: number; readonly receivers: number }>
> = {
  quick: { disc: { radius: 0.2, inside: 1.6 }, sources: 3, receivers: 6 },
  paper: { disc: authorsDisc, sources: 5, receivers: 10 },
};

const line = (count: number, from: number, to: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

/** The authors' layout: sources along one side of a square, receivers along the other three. */
const layout = ({ sources, receivers }: (typeof scenes)[ProfileName]): Omit<Recording, 'observed'> => ({
  sources: line(sources, -0.35, 0.35).map(y => [y, -0.35]),
  receivers: [
    ...line(receivers, -0.35, 0.35).map((y): Place => [y, 0.4]),
    ...line(receivers, -0.25, 0.4).map((x): Place => [-0.4, x]),
    ...line(receivers, -0.25, 0.4).map((x): Place => [0.4, x]),
  ],
});

/**
 * Variance of a file's sources in the profile `quick`, whose few points cannot resolve the file's own: the standard
 * deviation is a quarter of the distance to the nearest receiver.
 */
const WIDER = 9e-4;

/**
 * The settings for the authors' file, whose sources may be widened: far from a source only its integral is observed,
 * times exp(-k^2 sigma^2 / 2), the Fourier transform of the Gaussian at the wavenumber.
 */
const recordedSettings = (profile: ProfileName): WaveSettings & { readonly amplitude: number } => {
  const { falling } = waveSettings[profile];
  const variance = profile === 'quick' ? WIDER : waveSettings.paper.variance;
  const amplitude = Math.exp((waveSettings.paper.wavenumber ** 2 * (variance - waveSettings.paper.variance)) / 2);
  return { ...waveSettings.paper, falling, variance, amplitude };
};

const pointsOf = ({ receivers, sources, observed }: Recording): PointSource => {
  const width = 2 * sources.length;
  const coords = Float32Array.from(receivers.flat());
  return {
    inFeatures: 2,
    pointsPerStep: receivers.length,
    fixed: true,
    draw: (start, count) => ({
      coords: coords.slice(2 * start, 2 * (start + count)),
      targets: { receivers: observed.slice(width * start, width * (start + count)) },
    }),
  };
};

const hear = (receivers: readonly Place[], { at }: SolvedScene): Float32Array =>
  Float32Array.from(receivers.flatMap(at));

/** Loads or computes the observations. @throws InputError when the user's file has no recording */
export const createInversionProblem = async ({
  profile,
  settings,
  dataFile,
  signal,
}: ExperimentContext): Promise<InversionProblem> => {
  const size = viewSize(settings.size);
  const recording = dataFile === undefined ? undefined : await loadRecording(dataFile);
  const given = recording ? recordedSettings(profile) : { ...waveSettings[profile], amplitude: 1 };
  const disc = recording ? authorsDisc : scenes[profile].disc;
  const places = recording ?? layout(scenes[profile]);
  const { wavenumber, variance, amplitude } = given;
  const squaredSlowness = discMedium(disc);
  const scene = { wavenumber, variance, amplitude, sources: places.sources, squaredSlowness };
  const solved = await solveScene(scene, size, signal);
  const solvers = hear(places.receivers, solved);
  const observed = recording?.observed ?? solvers;
  const grid = gridCoordinates([size, size]);
  return {
    ...solved,
    ...places,
    observed,
    settings: given,
    scene,
    disc,
    medium: Float32Array.from({ length: size * size }, (_, i) =>
      squaredSlowness(grid[2 * i] as number, grid[2 * i + 1] as number),
    ),
    points: pointsOf({ ...places, observed }),
    size,
    recorded: recording !== undefined,
    misfit: relativeError(solvers, observed),
  };
};

/** Linear interpolation between the points of a corner-aligned grid. */
const interpolate =
  (values: Float32Array, size: number): HelmholtzScene['squaredSlowness'] =>
  (y, x) => {
    const [row, column] = [y, x].map(place => (Math.min(1, Math.max(-1, place)) + 1) * ((size - 1) / 2)) as [
      number,
      number,
    ];
    const [top, left] = [row, column].map(place => Math.min(size - 2, Math.floor(place))) as [number, number];
    const [down, along] = [row - top, column - left];
    const at = (i: number, j: number): number => values[(top + i) * size + left + j] as number;
    return (
      (1 - down) * ((1 - along) * at(0, 0) + along * at(0, 1)) + down * ((1 - along) * at(1, 0) + along * at(1, 1))
    );
  };

/**
 * The relative difference between the solver's waves in a medium and the observations: a check of the medium that does
 * not need the truth.
 */
export const mediumMisfit = async (
  { scene, receivers, observed, size }: InversionProblem,
  medium: Float32Array,
  signal: AbortSignal,
): Promise<number> => {
  const solved = await solveScene({ ...scene, squaredSlowness: interpolate(medium, size) }, size, signal);
  return relativeError(hear(receivers, solved), observed);
};
