/** @file The fields that all peers train: the same parameters, points and targets, in files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRng } from '@neural-fields/core';
import { fieldSizes, OUT_FEATURES } from '../peers/fields-data.ts';
import type { FieldsProblem } from '../protocol.ts';
import { initialLayers, LEARNING_RATE, OMEGA } from '../speed/problems.ts';

const SEED = 1;

/** How many fields there are, and how large each is. */
export type FieldsSize = Pick<FieldsProblem, 'fields' | 'width' | 'layers'>;

/**
 * The centres of the first n pixels, row by row, of the smallest square image with at least n pixels. `f32[n, 2]`, y
 * first.
 */
export const gridPoints = (count: number): Float32Array<ArrayBuffer> => {
  const side = Math.ceil(Math.sqrt(count));
  const middle = (index: number): number => (2 * index + 1) / side - 1;
  return Float32Array.from({ length: 2 * count }, (_, i) => {
    const point = Math.floor(i / 2);
    return middle(i % 2 === 0 ? Math.floor(point / side) : point % side);
  });
};

/**
 * The targets of the fields: waves sin(a x + b y + c) / 2, with different frequencies and phases for each field and
 * channel. `f32[b, n, 3]`.
 */
export const waveTargets = (coords: Float32Array, fields: number): Float32Array<ArrayBuffer> => {
  const rng = createRng(SEED).fork('targets');
  const count = coords.length / 2;
  const targets = new Float32Array(fields * count * OUT_FEATURES);
  for (let field = 0; field < fields; field++)
    for (let channel = 0; channel < OUT_FEATURES; channel++) {
      const [a, b, c] = [0, 0, 0].map(() => 20 * (2 * rng.uniform() - 1)) as [number, number, number];
      for (let p = 0; p < count; p++) {
        const phase = a * (coords[2 * p] as number) + b * (coords[2 * p + 1] as number) + c;
        targets[(field * count + p) * OUT_FEATURES + channel] = Math.sin(phase) / 2;
      }
    }
  return targets;
};

/** The initial parameters of all fields, different for each field: `f32[b, P]`. */
const initialFields = ({ fields, width, layers }: FieldsSize): Float32Array<ArrayBuffer> => {
  const rng = createRng(SEED).fork('fields');
  const sizes = fieldSizes({ width, layers });
  const parts = Array.from({ length: fields }, (_, field) => initialLayers(sizes, rng.fork(field)));
  const size = (parts[0] as Float32Array).length;
  const all = new Float32Array(fields * size);
  for (const [field, part] of parts.entries()) all.set(part, field * size);
  return all;
};

const write = (file: string, values: Float32Array): string => {
  writeFileSync(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return file;
};

/**
 * Writes the initial parameters into a folder, and returns a function that writes the problem of these fields for a
 * given number of points.
 */
export const writeFields = (folder: string, size: FieldsSize): ((points: number) => FieldsProblem) => {
  const parametersFile = write(join(folder, 'parameters.f32'), initialFields(size));
  return points => {
    const coords = gridPoints(points);
    return {
      ...{ ...size, omega: OMEGA, learningRate: LEARNING_RATE, points, parametersFile },
      coordsFile: write(join(folder, `coords-${points}.f32`), coords),
      targetsFile: write(join(folder, `targets-${points}.f32`), waveTargets(coords, size.fields)),
    };
  };
};
