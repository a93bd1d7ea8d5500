import { assertMemory } from '@neural-fields/app-kit';
import { networkMemory } from '@neural-fields/app-kit/fitting';
import { fieldFromData, parameterLayout, siren } from '@neural-fields/core';
import type { PointSet } from '@neural-fields/signals';
import { emptyFolder, jsonLines } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { settingsFor } from '../src/settings/presets.ts';
import { MEASURED, measureQuality } from '../src/signals/quality.ts';
import { run, tiny } from './cli.ts';
import { writePicture } from './examples.ts';
import '@tensorflow/tfjs-backend-cpu';

test('fast takes random batches of 8,192 points, or all points of a smaller signal; paper takes all', () => {
  expect(settingsFor('fast', 'image', 8193)).toEqual({
    steps: 500,
    learningRate: 1e-3,
    omega0: 30,
    schedule: 'cosine',
    batch: 8192,
    keep: 'best',
  });
  expect(settingsFor('balanced', 'image', 8193)).toEqual({ ...settingsFor('fast', 'image', 8193), steps: 2000 });
  expect(settingsFor('fast', 'image', 8192).batch).toBe('full');
  expect(settingsFor('paper', 'image', 12e6)).toEqual({
    steps: 10_000,
    learningRate: 1e-4,
    omega0: 30,
    schedule: 'constant',
    batch: 'full',
    keep: 'last',
  });
  expect(settingsFor('paper', 'audio', 12e6).steps).toBe(9000);
});

test('options come before the preset', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png', { width: 100, height: 100 });
  const settings = async (...args: string[]): Promise<unknown> =>
    jsonLines(
      await run(['fit', 'a.png', '-o', 'a.safetensors', ...tiny, '--steps', '1', '--json', ...args], { cwd }),
    )[0]?.['settings'];
  expect(await settings()).toMatchObject({ steps: 1, learningRate: 1e-3, schedule: 'cosine', batch: 8192 });
  expect(await settings('--preset', 'paper', '--schedule', 'cosine')).toMatchObject({
    learningRate: 1e-4,
    schedule: 'cosine',
    batch: 'full',
  });
});

test('the quality of a large signal is that of a part of its points, which is spread over all', async () => {
  const size = 3 * MEASURED + 1;
  const seen: number[] = [];
  const at: PointSet['at'] = numbers => {
    seen.push(...Array.from(numbers));
    const value = Float32Array.from(numbers, i => (i % 2) - 0.5);
    return { coords: new Float32Array(value.length), targets: { value } };
  };
  const points: PointSet = { inFeatures: 1, size, pointsPerStep: size, fixed: true, at, draw: () => at([]) };
  const spec = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 2, hiddenLayers: 0 });
  const zeros = parameterLayout(spec).entries.map(({ name, shape }) => {
    const length = shape.reduce((product, side) => product * side, 1);
    return [name, { shape, data: new Float32Array(length) }] as const;
  });
  const field = fieldFromData({ spec, parameters: new Map(zeros) });
  const quality = await measureQuality(field, points);
  expect(quality).toMatchObject({ points: MEASURED, mse: 0.25 });
  expect(new Set(seen).size).toBe(MEASURED);
  expect(seen[0]).toBeLessThan(4);
  expect(seen.at(-1)).toBeGreaterThan(size - 5);
  field.dispose();
});

test('a network that does not fit into memory is refused, with what would fit', async () => {
  const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 1000, hiddenLayers: 3 });
  const estimate = networkMemory(spec, { hiddenFeatures: 1000, checkpoint: true });
  expect(() => assertMemory(estimate, estimate.bytes)).not.toThrow();
  expect(() => assertMemory(estimate, estimate.bytes / 4)).toThrow(
    /not enough memory: a network of 3,007,001 parameters needs about 258\.6 MB of memory, and 64\.7 MB are available; --hidden-features 500 would fit/,
  );
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const huge = await run(['fit', 'a.png', '-o', 'a.safetensors', '--hidden-features', '65536'], { cwd });
  expect(huge).toMatchObject({ code: 1, stdout: '' });
  expect(huge.stderr).toMatch(
    /a network of 12,8\d\d,\d{3},\d{3} parameters needs about .* --hidden-features \d+ would fit\n$/,
  );
});
