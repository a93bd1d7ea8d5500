import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { root } from '../lib/projects.mjs';
import { summarise } from '../lib/results.mjs';
import type { Outcome } from '../result-reporter.ts';

test('totals are counted over packages, and skips and failures are listed with their reasons', () => {
  const results = [
    {
      project: 'packages/a',
      outcomes: [
        { name: 'one', state: 'passed' },
        { name: 'two', state: 'skipped', reason: 'no browser' },
      ],
    },
    {
      project: 'packages/b',
      outcomes: [{ name: 'three', state: 'failed', reason: 'expected 1 to be 2\n    at line 3' }],
    },
  ] satisfies { project: string; outcomes: Outcome[] }[];
  expect(summarise(results)).toEqual({
    lines: [
      'packages/a: 1 passed, 0 failed, 1 skipped',
      'packages/b: 0 passed, 1 failed, 0 skipped',
      'skipped: packages/a/two: no browser',
      'failed: packages/b/three: expected 1 to be 2',
    ],
    passed: 1,
    failed: 1,
  });
});

// Inside the workspace, so that the test files find vitest.
mkdirSync(join(root, 'tools/.test'), { recursive: true });
const scratch = mkdtempSync(join(root, 'tools/.test/run-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test('every way in which a test file can fail becomes a failed outcome', () => {
  mkdirSync(join(scratch, 'test'));
  const write = (file: string, lines: string[]): void => writeFileSync(join(scratch, file), `${lines.join('\n')}\n`);
  write('vitest.config.ts', ["import { tests } from '../../../vitest.base.ts';", 'export default tests();']);
  const imports = "import { beforeAll, describe, expect, test } from 'vitest';";
  write('test/mixed.test.ts', [
    imports,
    "test('good', () => expect(1).toBe(1));",
    "test('bad', () => expect(1).toBe(2));",
    "test('left', context => context.skip('not today'));",
    "describe('suite', () => { beforeAll(() => { throw new Error('no start'); }); test('never', () => {}); });",
  ]);
  write('test/import.test.ts', ["import './absent.ts';", imports, "test('unreached', () => {});"]);
  write('test/empty.test.ts', ['export {};']);

  const { status } = spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run'], {
    cwd: scratch,
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  const outcomes: Outcome[] = JSON.parse(readFileSync(join(scratch, '.test/results.json'), 'utf8'));
  const short = outcomes.map(
    ({ name, state, reason }) => `${state} ${name.replace(' (node)', '')}: ${reason?.split('\n')[0]}`,
  );
  expect(short.sort()).toEqual([
    expect.stringMatching(/^failed test\/empty\.test\.ts: No test suite found/),
    expect.stringMatching(/^failed test\/import\.test\.ts: .*absent\.ts/),
    'failed test/mixed.test.ts > bad: expected 1 to be 2 // Object.is equality',
    'failed test/mixed.test.ts > suite: no start',
    'passed test/mixed.test.ts > good: undefined',
    'skipped test/mixed.test.ts > left: not today',
    'skipped test/mixed.test.ts > suite > never: no reason beyond its name',
  ]);
});

test('an unknown command is refused', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'tools/workspace.mjs'), 'fly'], {
    encoding: 'utf8',
  });
  expect(status).toBe(2);
  expect(stderr).toContain('start|reproduce|bench|test|check|ci');
});
