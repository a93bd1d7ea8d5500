import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '@neural-fields/app-kit';
import { expect, onTestFinished, test } from 'vitest';
import { loadRecording } from '../src/shared/receivers-file.ts';
import { authorsFile, authorsFileMissing } from './authors-file.ts';
import { encodeMatlab, type Matrix } from './matlab.ts';

const write = (bytes: Uint8Array): string => {
  const folder = mkdtempSync(join(tmpdir(), 'neural-fields-receivers-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'observed.mat'), bytes);
  return join(folder, 'observed.mat');
};

const source: Matrix = { shape: [1, 2], real: [0.1, -0.3] };
const receivers: Matrix = { shape: [2, 2], real: [0.2, 0.4, -0.2, 0.4] };
const observed: Matrix = { shape: [2, 1], real: [1, 2], imaginary: [3, 4] };

test('a recording has places, and pairs of real and imaginary parts', async () => {
  const recording = await loadRecording(write(encodeMatlab({ source, receivers, rec_val: observed })));
  expect(recording).toEqual({
    sources: [[0.1, -0.3]],
    receivers: [
      [0.2, 0.4],
      [-0.2, 0.4],
    ],
    observed: Float32Array.of(1, 3, 2, 4),
  });
});

test("the authors' file has 5 sources and 30 receivers", async context => {
  if (!existsSync(authorsFile)) return context.skip(authorsFileMissing);
  const { sources, receivers: places, observed: values } = await loadRecording(authorsFile);
  expect([sources.length, places.length, values.length]).toEqual([5, 30, 300]);
  // By SciPy.
  expect(sources[0]?.map(x => x.toFixed(8))).toEqual(['-0.34705882', '-0.34705882']);
  expect(places[29]?.map(x => x.toFixed(8))).toEqual(['0.40196078', '0.40196078']);
  expect([...values.subarray(0, 4)].map(value => value.toFixed(8))).toEqual([
    '0.06181369',
    '0.02798776',
    '0.08613807',
    '0.04286411',
  ]);
});

test.each([
  ['text', new TextEncoder().encode('Dear Ada,\n'), /observed\.mat': wanted a MATLAB file of version 5, got 10 bytes/],
  [
    'a file without the variables',
    encodeMatlab({ source, b: source }),
    /observed\.mat': wanted the variables source, receivers, rec_val, got source, b$/,
  ],
  ['a file without any', encodeMatlab({}), /got none of numbers$/],
  [
    'places with three coordinates',
    encodeMatlab({ source: { shape: [1, 3], real: [0, 0, 0] }, receivers, rec_val: observed }),
    /source: wanted an array of n x 2, got 1 x 3$/,
  ],
  [
    'places that are complex',
    encodeMatlab({ source: { ...source, imaginary: [0, 1] }, receivers, rec_val: observed }),
    /source: wanted real numbers, got complex ones$/,
  ],
  [
    'places outside',
    encodeMatlab({ source, receivers: { ...receivers, real: [0, 0, 0, 1.5] }, rec_val: observed }),
    /receivers: wanted places in \[-1, 1\]\^2, got 0, 1\.5$/,
  ],
  [
    'too few receivers',
    encodeMatlab({ source, receivers: { shape: [1, 2], real: [0.2, 0.4] }, rec_val: observed }),
    /rec_val: wanted an array of 1 x 1, got 2 x 1$/,
  ],
  [
    'real waves',
    encodeMatlab({ source, receivers, rec_val: { shape: [2, 1], real: [1, 2] } }),
    /rec_val: wanted complex numbers, got real ones$/,
  ],
  [
    'what is not a number',
    encodeMatlab({ source, receivers, rec_val: { ...observed, real: [1, Number.NaN] } }),
    /rec_val: some elements are not finite$/,
  ],
] as const)('%s is refused in one line', async (_, bytes, says) => {
  const failure = await loadRecording(write(bytes)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(InputError);
  expect((failure as Error).message).toMatch(says);
  expect((failure as Error).message).not.toContain('\n');
});
