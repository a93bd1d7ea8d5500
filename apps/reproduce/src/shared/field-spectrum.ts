/** @file The spectrum of a field over a picture, and how much of it is beyond what pixels can tell. */
import { sampleAll } from '@neural-fields/app-kit/render';
import type { Field } from '@neural-fields/core';
import { type AmplitudeSpectrum, amplitudeSpectrum, hannWindow } from '@neural-fields/core/spectra';
import { gridCoordinatesRange } from '@neural-fields/signals';
import type { Sides } from './show.ts';

/** How much finer than the pixels fields are sampled for their spectra. */
const OVERSAMPLING = 2;

/** The amplitude spectrum of a field over [-1, 1]^2 under a Hann window, up to twice the pixels' Nyquist frequency. */
export const fieldSpectrum = async (
  field: Field,
  { width, height }: Sides,
  signal: AbortSignal,
): Promise<AmplitudeSpectrum> => {
  const shape = [OVERSAMPLING * height, OVERSAMPLING * width];
  const count = (shape[0] as number) * (shape[1] as number);
  const grid = { convention: 'pixel-centred' } as const;
  const points = {
    count,
    coords: (start: number, length: number) => gridCoordinatesRange(shape, { start, count: length }, grid),
  };
  const data = await sampleAll(field, points, { quantity: 'value', signal });
  const mean = data.reduce((sum, value) => sum + value, 0) / count;
  return amplitudeSpectrum(
    { data: data.map(value => value - mean), shape },
    { spacing: shape.map(length => 2 / length), window: hannWindow },
  );
};

/** The share of a spectrum's energy at frequencies above the Nyquist frequency of the pixels along either axis. */
export const energyAboveNyquist = ({ amplitudes, shape, frequencies }: AmplitudeSpectrum): number => {
  const [rows, columns] = frequencies as readonly [Float64Array, Float64Array];
  const limits = shape.map(length => length / (4 * OVERSAMPLING));
  let [above, all] = [0, 0];
  for (const [i, amplitude] of amplitudes.entries()) {
    const [row, column] = [rows[Math.floor(i / columns.length)] as number, columns[i % columns.length] as number];
    all += amplitude ** 2;
    if (Math.abs(row) > (limits[0] as number) || Math.abs(column) > (limits[1] as number)) above += amplitude ** 2;
  }
  return above / all;
};
