/** @file The files of a trial's problem. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRng } from '@neural-fields/core';
import { initialLayers, OMEGA } from '../speed/problems.ts';
import type { QualityProblem } from './problem.ts';
import type { QualitySignal } from './quality-signal.ts';
import { RATE_BESIDE_MUON, type Trial } from './trial.ts';

const write = (file: string, values: Float32Array): string => {
  if (!existsSync(file)) writeFileSync(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return file;
};

/** Writes the files of a trial's problem into a folder; files that exist already are not written again. */
export const writeTrialFiles = (
  folder: string,
  { signal: name, size, network: { width, layers, weightScale = 1 }, seed, method: { peer: _, ...method } }: Trial,
  signal: QualitySignal,
): Omit<QualityProblem, 'steps' | 'evaluateEvery'> => {
  const { shape, channels, omega0, values, coords, finerCoords } = signal;
  const sizes = [shape.length, ...Array.from({ length: layers + 1 }, () => width), channels];
  const fileOf = (...parts: readonly (string | number)[]): string => join(folder, `${parts.join('-')}.f32`);
  const rng = createRng(seed).fork('quality', ...sizes);
  const parameters = initialLayers(sizes, rng, weightScale);
  return {
    ...{ sizes, omega0, omega: OMEGA, shape, method, seed, rateBesideMuon: RATE_BESIDE_MUON },
    parametersFile: write(fileOf('parameters', sizes.join('x'), weightScale, seed), parameters),
    coordsFile: write(fileOf(name, size, 'coords'), coords),
    targetsFile: write(fileOf(name, size, 'targets'), values),
    finerCoordsFile: write(fileOf(name, size, 'finer-coords'), finerCoords),
  };
};
