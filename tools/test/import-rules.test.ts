import { expect, test } from 'vitest';
import { edgeErrors, importErrors } from '../checks/import-rules.mjs';
import type { Manifest, Project } from '../lib/projects.mjs';

const exportsOf = (...subpaths: string[]): NonNullable<Manifest['exports']> =>
  Object.fromEntries(
    subpaths.map(subpath => [
      subpath,
      { '@neural-fields/source': `./src/${subpath === '.' ? 'index' : subpath.slice(2)}.ts` },
    ]),
  );

const project = (directory: string, manifest: Partial<Manifest> = {}): Project => {
  const folder = directory.split('/')[1] ?? directory;
  const name = directory === 'apps/cli' ? 'neural-fields' : `@neural-fields/${folder}`;
  return { directory, manifest: { name, version: '0.0.0', exports: exportsOf('.'), ...manifest } };
};

const core = project('packages/core', {
  exports: exportsOf('.', './node'),
  peerDependencies: { '@tensorflow/tfjs-core': '^4.22.0' },
});
const losses = project('packages/losses', { dependencies: { '@neural-fields/core': 'workspace:*' } });
const signals = project('packages/signals', { dependencies: { '@neural-fields/core': 'workspace:*' } });
const testing = project('packages/testing', { private: true });
const cli = project('apps/cli', {
  dependencies: { '@neural-fields/core': 'workspace:*', '@neural-fields/losses': 'workspace:*' },
});
const kernels = project('packages/kernels-wasm', { dependencies: { '@neural-fields/core': 'workspace:*' } });
const kit = project('packages/app-kit', { private: true });
const reproduce = project('apps/reproduce');
const projects = [core, losses, signals, testing, kernels, kit, cli, reproduce];

const errorsOf = (path: string, ...imports: string[]): string[] => importErrors(projects, [{ path, imports }]);

test('edges follow the table: add-ons use core, apps use everything, tests use testing and run on backends', () => {
  const allowed = [
    [losses, core],
    [signals, core],
    [cli, core],
    [cli, losses],
    [core, testing],
    [losses, testing],
    [losses, kernels],
    [cli, kernels],
    [cli, kit],
    [cli, reproduce],
    [kit, kernels],
    [kit, losses],
  ] as const;
  expect(
    edgeErrors(
      projects,
      allowed.map(([from, to]) => [from.manifest.name, to.manifest.name] as const),
    ),
  ).toEqual([]);
});

test.each([
  [core, losses, 'packages/core must not depend on packages/losses: allowed are none'],
  [losses, signals, 'packages/losses must not depend on packages/signals: allowed are core'],
  [core, kernels, 'packages/core must not depend on packages/kernels-wasm: allowed are none'],
  [kernels, losses, 'packages/kernels-wasm must not depend on packages/losses: allowed are core'],
  [testing, core, 'packages/testing must not depend on packages/core: allowed are none'],
  [losses, kit, 'packages/losses must not depend on packages/app-kit: allowed are core'],
  [reproduce, cli, 'apps/reproduce must not depend on apps/cli: nothing depends on apps or tools'],
  [losses, cli, 'packages/losses must not depend on apps/cli: nothing depends on apps or tools'],
])('an edge against the table is an error (%#)', (from, to, message) => {
  expect(edgeErrors(projects, [[from.manifest.name, to.manifest.name]])).toEqual([message]);
});

test('a package that the table does not know is an error', () => {
  const stranger = project('packages/stranger');
  expect(edgeErrors([...projects, stranger], [['@neural-fields/stranger', '@neural-fields/core']])).toEqual([
    'packages/stranger is unknown: add it to allowedImports in tools/checks/import-rules.mjs',
  ]);
});

test('testing may only be a devDependency', () => {
  const careless = project('packages/losses', { dependencies: { '@neural-fields/testing': 'workspace:*' } });
  expect(edgeErrors([careless, testing], [['@neural-fields/losses', '@neural-fields/testing']])).toEqual([
    'packages/losses: @neural-fields/testing may only be a devDependency',
  ]);
});

test('a backend may only be a devDependency of an add-on, and only its tests may import it', () => {
  const careless = project('packages/losses', { dependencies: { '@neural-fields/kernels-wasm': 'workspace:*' } });
  expect(edgeErrors([careless, kernels], [['@neural-fields/losses', '@neural-fields/kernels-wasm']])).toEqual([
    'packages/losses: @neural-fields/kernels-wasm may only be a devDependency',
  ]);
  expect(errorsOf('packages/losses/test/mse.test.ts', '@neural-fields/kernels-wasm')).toEqual([]);
  expect(errorsOf('packages/losses/src/mse.ts', '@neural-fields/kernels-wasm')).toEqual([
    "packages/losses/src/mse.ts: '@neural-fields/kernels-wasm' is for tests only",
  ]);
});

test('imports of exported subpaths and of declared dependencies pass', () => {
  expect(errorsOf('packages/losses/src/mse.ts', '@neural-fields/core', './jet.ts')).toEqual([]);
  expect(
    errorsOf('packages/losses/test/mse.test.ts', '@neural-fields/testing', '../src/mse.ts', 'vitest', 'node:fs'),
  ).toEqual([]);
  expect(errorsOf('packages/testing/src/contract.ts', 'vitest')).toEqual([]);
  expect(errorsOf('apps/cli/src/main.ts', '@neural-fields/core/node', '@neural-fields/losses', 'node:fs')).toEqual([]);
});

test('a private package is built into the apps that import it, which have its dependencies', () => {
  const report = project('packages/report', { private: true, dependencies: { plot: '1.0.0' } });
  const errors = (manifest: Partial<Manifest>): string[] =>
    importErrors(
      [project('apps/cli', manifest), report],
      [{ path: 'apps/cli/src/page.ts', imports: ['@neural-fields/report'] }],
    );
  const devDependencies = { '@neural-fields/report': 'workspace:*' };
  expect(errors({ devDependencies, dependencies: { plot: '1.0.0' } })).toEqual([]);
  expect(errors({ devDependencies })).toEqual([
    "apps/cli/src/page.ts: '@neural-fields/report' needs plot, which is not among the dependencies",
  ]);
  expect(errors({ dependencies: { plot: '1.0.0', ...devDependencies } })).toEqual([
    "apps/cli/src/page.ts: '@neural-fields/report' is private, so it must be a devDependency, which the build inlines",
  ]);
});

test.each([
  ['packages/losses/src/mse.ts', '@neural-fields/core/src/jet.ts', 'is not among the exports of @neural-fields/core'],
  ['packages/losses/src/mse.ts', '../../core/src/jet.ts', 'leaves the package: import the other package by its name'],
  ['packages/losses/src/mse.ts', '@neural-fields/testing', 'is for tests only'],
  ['packages/losses/src/mse.ts', '@tensorflow/tfjs-core', 'is in neither dependencies nor peerDependencies'],
  ['packages/core/src/field.ts', '@neural-fields/core', 'imports its own package by name: use a relative path'],
  [
    'packages/losses/test/mse.test.ts',
    '@neural-fields/signals',
    'breaks a rule: packages/losses must not depend on packages/signals: allowed are core',
  ],
])('%s must not import %s', (path, specifier, problem) => {
  expect(errorsOf(path, specifier)).toEqual([`${path}: '${specifier}' ${problem}`]);
});

test('modules of Node are allowed only where no browser reaches them', () => {
  const files = [
    { path: 'packages/core/src/index.ts', imports: ['./files/read.ts'] },
    { path: 'packages/core/src/node.ts', imports: ['./disk.ts', 'node:path'] },
    { path: 'packages/core/src/disk.ts', imports: ['fs'] },
    { path: 'packages/core/src/files/read.ts', imports: ['../random.ts'] },
    { path: 'packages/core/src/random.ts', imports: [] },
  ];
  expect(importErrors(projects, files)).toEqual([]);
  const reached = files.map(file => (file.path.endsWith('random.ts') ? { ...file, imports: ['./disk.ts'] } : file));
  expect(importErrors(projects, reached)).toEqual([
    "packages/core/src/disk.ts: 'fs' is a module of Node, and a browser reaches this file",
  ]);
});

test('an import of package.json is followed to what a browser gets', () => {
  const source = { node: './src/disk.ts', default: './src/page.ts' };
  const codecs = project('packages/losses', { imports: { '#codec': { '@neural-fields/source': source } } });
  const files = [
    { path: 'packages/losses/src/index.ts', imports: ['#codec'] },
    { path: 'packages/losses/src/disk.ts', imports: ['node:fs'] },
    { path: 'packages/losses/src/page.ts', imports: ['node:path'] },
  ];
  expect(importErrors([codecs], files)).toEqual([
    "packages/losses/src/page.ts: 'node:path' is a module of Node, and a browser reaches this file",
  ]);
  expect(importErrors([codecs], [{ path: 'packages/losses/src/a.ts', imports: ['#other'] }])).toEqual([
    "packages/losses/src/a.ts: '#other' is not among the imports of package.json",
  ]);
});
