/** @file Networks of papers on the command line: `fit --network`, and activations with the settings of papers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeField } from '@neural-fields/core';
import { networkPreset, networkPresets } from '@neural-fields/networks';
import { periodicExtensions, sinusoidalPair } from '@neural-fields/periodic-init';
import '@tensorflow/tfjs-backend-cpu';
import { emptyFolder, jsonLines } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { run } from './cli.ts';
import { writePicture } from './examples.ts';

/** The network and the settings that a fit starts with. */
const started = async (
  ...args: string[]
): Promise<{ network: { layers: object[] }; settings: object; cwd: string }> => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const fit = await run(
    ['fit', 'a.png', '-o', 'a.safetensors', '--backend', 'cpu', '--steps', '2', ...args, '--json'],
    {
      cwd,
    },
  );
  expect(fit).toMatchObject({ code: 0 });
  const start = jsonLines(fit).find(({ event }) => event === 'start');
  return { ...(start as { network: { layers: object[] }; settings: object }), cwd };
};

test('a network has the settings of its paper, which the field remembers, and is drawn', async () => {
  const { network, settings, cwd } = await started(
    '--network',
    'wire:hiddenLayers=1,omega=15',
    '--hidden-features',
    '8',
  );
  const gabor = { kind: 'complex-gabor', outFeatures: 5, omega: 15, scale: 10 };
  expect(network.layers).toMatchObject([{ ...gabor, complexInput: false }, { ...gabor, complexInput: true }, {}]);
  expect(settings).toMatchObject({
    network: 'wire:hiddenLayers=1,omega=15',
    hiddenFeatures: 8,
    optimizer: 'adam',
    learningRate: 5e-3,
    schedule: 'exponential:0.1',
  });
  expect(settings).not.toHaveProperty('hiddenLayers');
  const drawn = await run(['render', 'a.safetensors', '-o', 'b.png', '--backend', 'cpu'], { cwd });
  expect(drawn).toMatchObject({ code: 0 });
  const info = await run(['info', 'a.safetensors'], { cwd });
  expect(info.stdout).toContain('complex-gabor');
});

test('an activation has the width and the rate of its network, unless they are given', async () => {
  const { network, settings } = await started('--activation', 'gaussian', '--hidden-features', '6');
  const sigma = networkPreset('gaussian').options['sigma']?.default;
  expect(network.layers[0]).toMatchObject({ outFeatures: 6, activation: { kind: 'gaussian', sigma } });
  expect(settings).toMatchObject({ activation: 'gaussian', learningRate: 5e-3 });
  const given = await started('--activation', 'gaussian:sigma=0.05', '--lr', '1e-3', '--hidden-features', '6');
  expect(given.network.layers[0]).toMatchObject({ activation: { kind: 'gaussian', sigma: 0.05 } });
  expect(given.settings).toMatchObject({ activation: 'gaussian:sigma=0.05', learningRate: 1e-3 });
});

test('sine takes its omega as a parameter', async () => {
  const { network } = await started('--activation', 'sine:omega=12', '--hidden-features', '6', '--hidden-layers', '1');
  expect(network.layers).toMatchObject([{ activation: { omega: 12 } }, { activation: { omega: 12 } }, {}]);
});

test('a periodic network keeps its bounds, and the field remembers them', async () => {
  const bounds = ['--bounds', '0.05,0.02'];
  const args = [
    '--network',
    'tuner:maxFrequency=16,lowFrequency=1',
    '--hidden-features',
    '8',
    '--lr',
    '0.1',
    ...bounds,
  ];
  const { network, settings, cwd } = await started(...args);
  expect(network.layers).toMatchObject([{ kind: 'periodic', period: 4, lowFrequency: 1 }, {}, {}]);
  expect(settings).toMatchObject({ network: 'tuner:maxFrequency=16,lowFrequency=1', bounds: '0.05,0.02' });
  const field = decodeField(readFileSync(join(cwd, 'a.safetensors')), periodicExtensions);
  const { frequencies, weights } = await sinusoidalPair(field);
  for (let j = 0; j < 8; j++) {
    const highest = Math.max(...frequencies.subarray(2 * j, 2 * j + 2).map(Math.abs)) / (Math.PI / 2);
    const limit = highest < 1.5 ? 0.05 : 0.02;
    expect(Math.max(...weights.subarray(8 * j, 8 * j + 8).map(Math.abs))).toBeCloseTo(limit, 5);
  }
  field.dispose();
});

test('list networks shows every network with its options', async () => {
  const text = await run(['list', 'networks'], { cwd: emptyFolder() });
  expect(text.code).toBe(0);
  for (const { name, title, reference } of networkPresets) {
    expect(text.stdout).toContain(`${name}: ${title}\n  ${reference}\n`);
  }
  expect(text.stdout).toContain('omega=20, scale=10');
  const json = jsonLines(await run(['list', 'networks', '--json'], { cwd: emptyFolder() }));
  expect(json.map(({ name }) => name)).toEqual(networkPresets.map(({ name }) => name));
});

test.each([
  [['--network', 'wires'], "It must be the name of a network, perhaps wire; 'neural-fields list networks' shows all."],
  [['--network', 'wire:omga=3'], "wire: unknown option 'omga', perhaps 'omega'; the options are hiddenFeatures"],
  [['--network', 'wire:omega=x'], 'wire: omega must be a positive number, got NaN'],
  [['--network', 'wire', '--activation', 'relu'], '--network: it excludes --activation; its own options'],
  [['--network', 'wire', '--encoding', 'rbf'], '--network: it excludes --encoding'],
  [['--network', 'rbf', '--hidden-layers', '2'], '--hidden-layers: the network rbf has no such option'],
  [['--network', 'bacon:scales=all'], '--network: wanted a network with 1 output, as the signal has, got one with 3'],
  [['--activation', 'gaussian:width=3'], "gaussian: unknown parameter 'width'"],
  [['--activation', 'sine:omega=3', '--omega0', '4'], '--omega0: it is for the activations sine and finer without'],
  [['--bounds', '1,0.6'], '--bounds: it is for a network with a period, as --network tuner'],
  [['--network', 'tuner', '--bounds', '1'], 'two positive numbers low,high, e.g. 1,0.6'],
  [['--schedule', 'exponential:2'], 'It must be one of constant, cosine, exponential, or exponential with a factor'],
])('refuses %j', async (args, message) => {
  const cwd = emptyFolder();
  await writePicture(cwd, 'a.png');
  const { code, stderr } = await run(['fit', 'a.png', '-o', 'a.safetensors', ...args], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
