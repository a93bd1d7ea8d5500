import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { entry } from './program.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const help = execFileSync(process.execPath, [entry, '--help'], { encoding: 'utf8' });

test('help fits 80 columns', () => {
  expect(help.split('\n').filter(line => line.length > 80)).toEqual([]);
});

test('every option that the README names exists', () => {
  const known = new Set([...help.matchAll(/--[a-z][a-z0-9-]*/g)].map(([option]) => option));
  // Of npm.
  const foreign = ['--global'];
  for (const [option] of readme.matchAll(/--[a-z][a-z0-9-]*/g))
    if (!foreign.includes(option)) expect(known, option).toContain(option);
});

test('every experiment that the README names exists, and the other way round', () => {
  const listed =
    execFileSync(process.execPath, [entry, 'list'], { encoding: 'utf8' }).match(/^(?:siren|tuner|prior|meta)-\S+/gm) ??
    [];
  expect(listed.length).toBeGreaterThan(10);
  for (const id of listed)
    expect(readme).toMatch(
      new RegExp(`\\| \`${id}\`|\`${id.replace(/-[a-z]+$/, '')}-[a-z]+\`, \`${id.match(/-[a-z]+$/)?.[0]}\``),
    );
});
