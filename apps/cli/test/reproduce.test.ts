/** @file The command that is a program of its own: handed over to where it is installed. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder, jsonLines } from '@neural-fields/testing/programs';
import { picture } from '@neural-fields/testing/small-files';
import { expect, test } from 'vitest';
import { run, start } from './cli.ts';

/** Options for Node by which it does not find the program. */
const without = (() => {
  const hooks = `export const resolve = (name, context, next) => {
    if (name.startsWith('@neural-fields/reproduce')) throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' });
    return next(name, context);
  }`;
  const script = `import{register}from'node:module';register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)})`;
  return `--import data:text/javascript,${encodeURIComponent(script)}`;
})();

test('with the program, all that follows is its own: help, results and messages', async () => {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'a.png'), picture(12, 10));
  for (const args of [
    ['reproduce', '--help'],
    ['help', 'reproduce'],
  ]) {
    const { code, stdout } = await run(args, { cwd });
    expect({ code, usage: stdout.split('\n')[0] }).toEqual({
      code: 0,
      usage: 'Usage: neural-fields reproduce [options] <experiments...>',
    });
  }
  expect(await run(['reproduce', 'siren-imagine'], { cwd })).toMatchObject({
    code: 2,
    stderr: "neural-fields: there is no experiment 'siren-imagine'; did you mean 'siren-image'?\n",
  });
  const small = [
    '--steps',
    '2',
    '--size',
    '8',
    '--hidden-features',
    '4',
    '--networks',
    'siren',
    '--backend',
    'cpu',
    '--json',
  ];
  const fitted = await run(['reproduce', 'siren-image', '--image', 'a.png', ...small, '-o', 'out'], { cwd });
  expect(fitted.code).toBe(0);
  expect(jsonLines(fitted).find(({ event }) => event === 'result')).toMatchObject({
    command: `neural-fields reproduce siren-image --image a.png ${small.join(' ')} -o out`,
  });
  const field = join('out', 'siren-image', 'fits', 'siren.safetensors');
  expect(await run(['render', field, '-o', 'again.png', '--backend', 'cpu'], { cwd })).toMatchObject({ code: 0 });
});

test('without it, one line says how to get it', async () => {
  const cwd = emptyFolder();
  const says = 'reproduce: @neural-fields/reproduce is not installed; npm install --global @neural-fields/reproduce';
  const { code, stdout, stderr } = await start(['reproduce', 'siren-image', '--networks', 'siren'], {
    cwd,
    nodeOptions: without,
  }).finished;
  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: `neural-fields: ${says}\n` });
  const json = await start(['reproduce', 'list', '--json'], { cwd, nodeOptions: without }).finished;
  expect(jsonLines(json)).toMatchObject([{ event: 'error', message: says, what: 'reproduce' }]);
  expect((await start(['--help'], { cwd, nodeOptions: without }).finished).stdout).toContain('reproduce');
});
