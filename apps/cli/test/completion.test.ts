import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { entry } from './cli.ts';

const script = (shell: string): string =>
  execFileSync(process.execPath, [entry, 'completion', shell], { encoding: 'utf8' });

/** Writes a script to a file, and returns its path. */
const scriptFile = (shell: string): string => {
  const path = join(emptyFolder(), `completion.${shell}`);
  writeFileSync(path, script(shell));
  return path;
};

const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

/** What bash offers for the words of a command line, the last of which is being written. */
const completeInBash = (path: string, words: readonly string[]): string[] => {
  const list = words.map(word => `'${word}'`).join(' ');
  const lines = [
    `source '${path}'`,
    `COMP_WORDS=(${list}) COMP_CWORD=${words.length - 1}`,
    '_neural_fields',
    `printf '%s\\n' "\${COMPREPLY[@]}"`,
  ];
  return execFileSync('bash', ['-c', lines.join('\n')], { encoding: 'utf8' })
    .trim()
    .split('\n');
};

test('bash completes commands, options and choices', context => {
  if (!has('bash')) return context.skip('needs bash');
  const path = scriptFile('bash');
  const complete = (...words: string[]): string[] => completeInBash(path, ['neural-fields', ...words]);
  expect(complete('')).toEqual(
    expect.arrayContaining(['fit', 'render', 'mesh', 'info', 'export', 'demo', 'reproduce', 'completion']),
  );
  expect(complete('re')).toEqual(['render', 'report', 'reproduce']);
  expect(complete('fit', '--omega')).toEqual(['--omega0', '--omega-hidden']);
  expect(complete('fit', '--l')).toEqual(['--lr', '--learning-rate', '--log']);
  expect(complete('fit', 'a.png', '--preset', '')).toEqual(['fast', 'balanced', 'paper']);
  expect(complete('fit', '-p', 'p')).toEqual(['paper']);
  expect(complete('render', '--omega')).toEqual(['--omega0', '--omega-hidden']);
  expect(complete('mesh', '--res')).toEqual(['--resolution']);
  expect(complete('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  // Left to the completion of files.
  expect(complete('fit', 'a.p')).toEqual(['']);
});

test.for(['zsh', 'fish'])('%s takes its script', (shell, context) => {
  expect(script(shell)).toContain('learning-rate');
  if (!has(shell)) return context.skip(`needs ${shell}`);
  const path = scriptFile(shell);
  const { status, stderr } =
    shell === 'zsh'
      ? spawnSync('zsh', ['-f', '-c', `autoload -Uz compinit; compinit -u -D; source '${path}'`], { encoding: 'utf8' })
      : spawnSync('fish', ['--no-config', '-c', `source '${path}'; complete -C 'neural-fields fit --preset '`], {
          encoding: 'utf8',
        });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('an unknown shell is refused', () => {
  const { status, stderr } = spawnSync(process.execPath, [entry, 'completion', 'sh'], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toMatch(/Allowed choices are bash, zsh, fish/);
});
