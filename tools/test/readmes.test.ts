import { describe, expect, test } from 'vitest';
import { examplesOf, importedPackages, installLines, promisedLines } from '../../packages/testing/src/readme.ts';
import { listGuides } from '../lib/readmes.mjs';

// The short version of `npm run readmes`, which installs and runs all of this.

const guides = listGuides({ examplesOf, installLines });

test('every public package has a README with an example', () => {
  expect(guides.length).toBeGreaterThan(9);
  expect(guides.filter(({ examples }) => examples.length === 0).map(({ name }) => name)).toEqual([]);
});

describe.each(guides.map(guide => [guide.name, guide] as const))('%s', (name, { install, examples }) => {
  test('its install lines name every package that its examples import', () => {
    const installed = install.flatMap(line => line.split(' ')).filter(word => !word.startsWith('-'));
    const imported = examples.flatMap(importedPackages);
    expect(imported.filter(one => !installed.includes(one))).toEqual([]);
  });

  test('its examples promise an output', context => {
    if (name.startsWith('docs/')) context.skip('guides have examples without an output, such as those of web pages');
    expect(examples.filter(example => promisedLines(example).length === 0)).toEqual([]);
  });
});
