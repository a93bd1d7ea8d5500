import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '@neural-fields/app-kit';
import { emptyFolder, jsonLines } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { settingsFromJson, settingsToJson } from '../src/settings/config-file.ts';
import { type GivenSettings, settingNames } from '../src/settings/fit-settings.ts';
import { run, tiny } from './cli.ts';
import { writePicture } from './examples.ts';

/** A value for every setting. */
const all: Required<{ [Name in keyof GivenSettings]: NonNullable<GivenSettings[Name]> }> = {
  preset: 'paper',
  hiddenFeatures: 12,
  hiddenLayers: 0,
  network: { name: 'wire', options: { omega: 25 } },
  bounds: { low: 1, high: 0.6 },
  activation: { kind: 'super-gaussian', b: 3 },
  omega0: 2.5,
  omegaHidden: 1e-3,
  weightScale: 2.5,
  encoding: 'rbf',
  encodingOctaves: 3,
  encodingFeatures: 7,
  encodingScale: 0.5,
  encodingSigma: 1e-7,
  steps: 9,
  time: 90,
  until: { value: 32.5, unit: 'dB' },
  optimizer: 'soap',
  learningRate: 1e-5,
  schedule: 'constant',
  batch: 'full',
  sampling: 'stratified',
  clipNorm: 2,
  averageDecay: 0.999,
  keep: 'last',
  seed: -3.5,
  chunkSize: 100,
  reportEvery: 2,
  precision: 'int8',
  grid: 'pixel-centred',
  maxBytes: 2 ** 40,
  size: { width: 20, height: 10 },
  channels: 'grey',
  aspect: 'keep',
  allowDamaged: true,
  maxPixels: 1000,
  duration: 'all',
  start: 0,
  near: 0.5,
  weights: [1, 2.5, 0, 1e6],
  distanceWeight: 0,
  margin: 0.2,
  normals: 'vertex',
};

test('every setting survives JSON', () => {
  expect(Object.keys(all).sort()).toEqual([...settingNames].sort());
  expect(settingsFromJson(JSON.parse(JSON.stringify(settingsToJson(all))) as Record<string, unknown>)).toEqual(all);
  const others: GivenSettings = { batch: 512, duration: 2.5, size: { longest: 640 }, allowDamaged: false };
  expect(settingsFromJson(settingsToJson(others))).toEqual(others);
  expect(settingsToJson({})).toEqual({});
});

test('what no setting is or takes is refused', () => {
  const refusal = (record: Record<string, unknown>): string => {
    try {
      settingsFromJson(record);
    } catch (error) {
      if (error instanceof InputError) return error.message;
      throw error;
    }
    return 'taken';
  };
  expect(refusal({ step: 5 })).toBe('"step": there is no such setting; did you mean \'steps\'?');
  expect(refusal({ 'learning-rate': 5 })).toBe(
    '"learning-rate": there is no such setting; did you mean \'learningRate\'?',
  );
  expect(refusal({ zzzzzzzzz: 1 })).toBe('"zzzzzzzzz": there is no such setting');
  expect(refusal({ steps: 0 })).toBe('steps: wanted an integer of at least 1, got 0');
  expect(refusal({ steps: [1] })).toBe('steps: wanted a number or text, got [1]');
  expect(refusal({ allowDamaged: 'yes' })).toBe('allowDamaged: wanted true or false, got "yes"');
  expect(refusal({ preset: 'slow' })).toBe('preset: wanted one of fast, balanced, paper, got "slow"');
});

test('what --json writes of a fit is what --config reads: the fields are equal', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png', { width: 40, height: 30, channels: 3 });
  const options = ['--size', '20', '--grid', 'pixel-centred', '-b', '64', '-s', '3', '--lr', '0.002', '--seed', '4'];
  const first = await run(['fit', 'a.png', '-o', 'a.safetensors', ...tiny, ...options, '--json'], { cwd });
  expect(first.code).toBe(0);
  writeFileSync(join(cwd, 'fit.json'), first.stdout);
  const fit = (output: string, ...args: string[]) =>
    run(['fit', 'a.png', '-o', output, '--backend', 'cpu', '--config', ...args], { cwd });
  expect(await fit('b.safetensors', 'fit.json')).toMatchObject({ code: 0 });
  expect(readFileSync(join(cwd, 'b.safetensors'))).toEqual(readFileSync(join(cwd, 'a.safetensors')));
  // The settings alone, as a file written by hand has them, and an option that wins.
  writeFileSync(join(cwd, 'own.json'), JSON.stringify(jsonLines(first)[0]?.['settings']));
  const changed = await fit('c.safetensors', 'own.json', '--steps', '2', '--json');
  expect(jsonLines(changed)[0]?.['settings']).toMatchObject({ steps: 2, seed: 4, size: '20', learningRate: 0.002 });
});

test('a settings file that is none is refused in one line', async () => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const refusal = async (text: string): Promise<string> => {
    writeFileSync(join(cwd, 'fit.json'), text);
    const { code, stderr } = await run(['fit', 'a.png', '-o', 'a.safetensors', '-c', 'fit.json'], { cwd });
    expect(code).toBe(1);
    return stderr;
  };
  expect(await refusal('{"hiddenFeature": 4}')).toBe(
    "neural-fields: --config 'fit.json': \"hiddenFeature\": there is no such setting; did you mean 'hiddenFeatures'?\n",
  );
  expect(await refusal('[]')).toMatch(/^neural-fields: --config 'fit\.json': wanted an object, got \[\]\n$/);
  expect(await refusal('hello')).toMatch(/^neural-fields: --config 'fit\.json': wanted JSON, got "hello"\n$/);
});
