import { expect, test } from 'vitest';
import { cycleErrors } from '../checks/import-cycles.mjs';

const projects = ['packages/core', 'apps/cli'].map(directory => ({
  directory,
  manifest: { name: directory, version: '0.0.0' },
}));

const errorsOf = (imports: Readonly<Record<string, readonly string[]>>): string[] =>
  cycleErrors(
    projects,
    Object.entries(imports).map(([path, specifiers]) => ({ path, imports: specifiers })),
  );

test('files that import each other are found, however far round', () => {
  expect(
    errorsOf({
      'packages/core/src/a/one.ts': ['./two.ts', '@tensorflow/tfjs-core'],
      'packages/core/src/a/two.ts': ['./three.ts'],
      'packages/core/src/a/three.ts': ['./one.ts'],
    }),
  ).toEqual([
    'files import each other in a circle: packages/core/src/a/one.ts > packages/core/src/a/two.ts > packages/core/src/a/three.ts > packages/core/src/a/one.ts',
  ]);
});

test('folders that import each other are found though no file does', () => {
  expect(
    errorsOf({
      'packages/core/src/a/one.ts': ['../b/two.ts'],
      'packages/core/src/b/three.ts': ['../a/four.ts', '../../test/five.ts'],
    }),
  ).toEqual(['packages/core/src/: folders import each other in a circle: a > b > a']);
});

test('a file directly in src stands for itself', () => {
  expect(
    errorsOf({
      'packages/core/src/index.ts': ['./field.ts', './fit/fit.ts'],
      'packages/core/src/fit/fit.ts': ['../field.ts', '../random.ts'],
      'packages/core/src/field.ts': ['./spec/spec.ts'],
      'packages/core/src/spec/spec.ts': ['../random.ts'],
    }),
  ).toEqual([]);
});

test('the command line tool is checked as packages are', () => {
  expect(
    errorsOf({
      'apps/cli/src/fitting/a.ts': ['../signals/b.ts'],
      'apps/cli/src/signals/b.ts': [],
      'apps/cli/src/signals/c.ts': ['../fitting/a.ts'],
    }),
  ).toEqual(['apps/cli/src/: folders import each other in a circle: fitting > signals > fitting']);
});

test('tests are not checked', () => {
  expect(
    errorsOf({
      'packages/core/test/a.ts': ['./b.ts'],
      'packages/core/test/b.ts': ['./a.ts'],
    }),
  ).toEqual([]);
});
