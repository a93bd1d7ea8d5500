import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { optionalDependencies, platforms } from '../../packages/kernels-native/scripts/platforms.mjs';
import { serveRegistry } from '../lib/local-registry.mjs';
import { packAll, packPlatforms } from '../lib/pack.mjs';
import { readManifest, root } from '../lib/projects.mjs';
import { run } from '../lib/run.mjs';

// What a user of the native kernels gets from a registry: the packed package, and with it that of the platform, which
// npm chooses. The packages of the other platforms are missing there, as they may be while a release is published.

const folder = mkdtempSync(join(tmpdir(), 'neural-fields-native-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FIT = `
import { adam, createField, fit, pointwiseLoss, siren, term } from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { nativeProblem } from '@neural-fields/kernels-native';
import { getBackend, ready, setBackend } from '@tensorflow/tfjs-core';
if (nativeProblem !== undefined) throw new Error(nativeProblem);
await setBackend('native');
await ready();
const x = Float32Array.from({ length: 256 }, (_, i) => -1 + (2 * i) / 255);
const draw = (start, count) => ({
  coords: x.slice(start, start + count),
  targets: { value: x.slice(start, start + count).map(at => Math.sin(5 * at)) },
});
const points = { inFeatures: 1, pointsPerStep: 256, fixed: true, draw };
const field = createField(siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 32, hiddenLayers: 1, omega0: 10 }), { seed: 1 });
const loss = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });
const losses = [];
for await (const progress of fit(field, [term({ points, loss })], { steps: 200, optimizer: adam({ learningRate: 1e-3 }) }))
  losses.push(progress.loss);
console.log(getBackend(), losses.at(-1) < losses[0] / 100);`;

it('the packed kernels ask for the binary of every platform, and fit on native with that of this one', async context => {
  if (!existsSync(join(root, 'packages/kernels-native/build/kernels.node'))) {
    // Where all of this is tested there has to be a compiler.
    expect(process.env['CI']).toBeUndefined();
    return context.skip('npm run build:native has made no binary here');
  }
  const packed = packAll(join(folder, 'tarballs'));
  const [binary = ''] = packPlatforms(join(folder, 'platform'), 'local');
  const home = join(folder, 'home');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }\n');
  const { devDependencies } = readManifest('packages/kernels-native');
  const peers = ['core', 'backend-cpu'].map(
    name => `@tensorflow/tfjs-${name}@${devDependencies?.[`@tensorflow/tfjs-${name}`]}`,
  );
  const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const own = ['core', 'kernels-wasm', 'kernels-native'].map(name => `@neural-fields/${name}`);
  const registry = await serveRegistry(packed, [join(folder, 'platform', binary)]);
  try {
    writeFileSync(join(home, '.npmrc'), registry.npmrc);
    // Not `run`, which waits: the registry answers from this process.
    await promisify(execFile)('npm', ['install', ...flags, ...own, ...peers], { cwd: home });
  } finally {
    await registry.close();
  }

  const modules = join(home, 'node_modules/@neural-fields');
  const manifest = JSON.parse(readFileSync(join(modules, 'kernels-native/package.json'), 'utf8'));
  expect(manifest.optionalDependencies).toEqual(optionalDependencies(manifest.version));
  const here = platforms.find(({ platform, arch }) => platform === process.platform && arch === process.arch);
  const platform = JSON.parse(readFileSync(join(modules, `kernels-native-${here?.name}/package.json`), 'utf8'));
  expect(platform).toMatchObject({ os: [process.platform], cpu: [process.arch], version: manifest.version });
  expect(platform.scripts).toBeUndefined();

  writeFileSync(join(home, 'fit.js'), FIT);
  const { ok, printed, output } = run(process.execPath, ['fit.js'], { cwd: home, env: { NODE_OPTIONS: '' } });
  expect(ok, output).toBe(true);
  expect(printed.trim()).toBe('native true');
});
