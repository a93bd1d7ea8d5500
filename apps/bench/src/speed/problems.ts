/** @file The problems that all peers work on: the same parameters and the same points, in files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRng, type Rng } from '@neural-fields/core';
import { layerSizes, targetWidth } from '../peers/problem-data.ts';
import type { Problem, Supervision } from '../protocol.ts';

/** Frequency of every sine layer: Sitzmann et al. 2020, arXiv:2006.09661, section 3.2. */
export const OMEGA = 30;
/** The learning rate of Adam. */
export const LEARNING_RATE = 1e-4;
const SEED = 1;

/**
 * The initial parameters of a SIREN, layer by layer the weight `[in, out]` and the bias `[out]`: U(-1/2, 1/2), then
 * U(-sqrt(6/w)/omega, sqrt(6/w)/omega).
 *
 * @param sizes of the layers, 2 first
 * @param weightScale a factor on the weights of all layers but the last
 */
export const initialLayers = (
  sizes: readonly number[],
  rng: Rng,
  weightScale: number = 1,
): Float32Array<ArrayBuffer> => {
  const layers = sizes.slice(1).map((outFeatures, i) => ({ inFeatures: sizes[i] as number, outFeatures }));
  const values = new Float32Array(layers.reduce((sum, layer) => sum + (layer.inFeatures + 1) * layer.outFeatures, 0));
  let at = 0;
  for (const [i, { inFeatures, outFeatures }] of layers.entries()) {
    const scale = i + 1 < layers.length ? weightScale : 1;
    const bound = scale * (i === 0 ? 1 / inFeatures : Math.sqrt(6 / inFeatures) / OMEGA);
    // Biases as PyTorch's linear layers have them.
    for (let k = 0; k < inFeatures * outFeatures; k++) values[at++] = bound * (2 * rng.uniform() - 1);
    for (let k = 0; k < outFeatures; k++) values[at++] = (2 * rng.uniform() - 1) / Math.sqrt(inFeatures);
  }
  return values;
};

/** The initial parameters of 2-w-w-w-w-1, in the order of a problem's file. */
export const initialParameters = (width: number): Float32Array<ArrayBuffer> =>
  initialLayers(layerSizes(width), createRng(SEED).fork(`width ${width}`));

/** Points in [-1, 1]^2: `f32[n, 2]`. A problem with fewer points has the first of them. */
export const randomPoints = (count: number): Float32Array<ArrayBuffer> => {
  const rng = createRng(SEED).fork('points');
  return Float32Array.from({ length: 2 * count }, () => 2 * rng.uniform() - 1);
};

/** What is fitted: sin(20 x) cos(17 y) / 2, whose derivatives are about as large as the network's. */
export const targetsOf = (coords: Float32Array, supervision: Supervision): Float32Array<ArrayBuffer> => {
  const columns = targetWidth({ supervision });
  const targets = new Float32Array((columns * coords.length) / 2);
  const [a, b] = [20, 17];
  for (let i = 0; i < coords.length / 2; i++) {
    const [x, y] = [coords[2 * i] as number, coords[2 * i + 1] as number];
    const value = (Math.sin(a * x) * Math.cos(b * y)) / 2;
    if (supervision === 'value') targets[i] = value;
    else if (supervision === 'laplacian') targets[i] = -(a * a + b * b) * value;
    else
      targets.set([(a * Math.cos(a * x) * Math.cos(b * y)) / 2, (-b * Math.sin(a * x) * Math.sin(b * y)) / 2], 2 * i);
  }
  return targets;
};

/** The problems of a run. */
export interface Problems {
  problem(supervision: Supervision, width: number, points: number): Problem;
}

const write = (file: string, values: Float32Array): void =>
  writeFileSync(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));

/** Writes the files of all problems into a folder. */
export const writeProblems = (
  folder: string,
  {
    widths,
    points,
    supervisions,
  }: { readonly widths: readonly number[]; readonly points: number; readonly supervisions: readonly Supervision[] },
): Problems => {
  const coords = randomPoints(points);
  const files = { coords: join(folder, 'coords.f32') };
  const parametersFile = (width: number): string => join(folder, `parameters-${width}.f32`);
  const targetsFile = (supervision: Supervision): string => join(folder, `${supervision}.f32`);
  write(files.coords, coords);
  for (const width of widths) write(parametersFile(width), initialParameters(width));
  for (const supervision of supervisions) write(targetsFile(supervision), targetsOf(coords, supervision));
  return {
    problem: (supervision, width, count) => ({
      ...{ supervision, width, points: count, omega: OMEGA, learningRate: LEARNING_RATE },
      parametersFile: parametersFile(width),
      coordsFile: files.coords,
      targetsFile: targetsFile(supervision),
    }),
  };
};
