import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRng } from '@neural-fields/core';
import { decodeSafetensors } from '@neural-fields/core/files';
import { nativeProblem } from '@neural-fields/kernels-native';
import { emptyFolder } from '@neural-fields/testing/programs';
import { expect, test } from 'vitest';
import { run, start } from './cli.ts';
import { writePicture } from './examples.ts';
import { everything } from './kills/scenarios.ts';

/**
 * A fit that uses everything that a checkpoint has to keep: random points, both moments of Adam, an average, a
 * schedule. On native it is wide enough for the tile registers of AMX, where the processor has them.
 */
const command = (output: string, backend: string): string[] => [
  ...[
    'fit',
    'a.png',
    '-o',
    output,
    '--backend',
    backend,
    '--hidden-features',
    backend === 'native' ? '128' : '16',
    '--hidden-layers',
    '1',
    '--steps',
    '1200',
  ],
  ...everything,
];

/** The bytes of the arrays of a file, by name. */
const arraysOf = (path: string): Record<string, string> =>
  Object.fromEntries(
    [...decodeSafetensors(readFileSync(path)).tensors].map(([name, { data }]) => [
      name,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
    ]),
  );

test.for(['cpu', 'wasm', 'simd', 'native'])(
  'on %s a run that is killed again and again ends with the bits of an unbroken one',
  async (backend, context) => {
    if (backend === 'native' && nativeProblem !== undefined) return context.skip(nativeProblem);
    const cwd = emptyFolder();
    await writePicture(cwd, 'a.png');
    expect(await run(command('whole.safetensors', backend), { cwd })).toMatchObject({ code: 0 });

    const rng = createRng(20);
    const resumedFrom: number[] = [];
    let kills = 0;
    for (let ended = false; !ended; ) {
      const running = start([...command('killed.safetensors', backend), '--checkpoint-every', '0.02', '--json'], {
        cwd,
      });
      await running.saw(/"event":"start"/);
      const timer = kills < 5 ? setTimeout(() => running.child.kill('SIGKILL'), 350 * rng.uniform()) : undefined;
      const { code, signal, stdout } = await running.finished;
      clearTimeout(timer);
      resumedFrom.push(Number(/"resumedFrom":(\d+)/.exec(stdout)?.[1]));
      ended = code === 0;
      if (!ended) {
        expect(signal).toBe('SIGKILL');
        kills += 1;
      }
    }
    // It was killed, it went on from where it was, and never from an earlier place.
    expect(kills).toBeGreaterThan(1);
    expect(resumedFrom.at(-1)).toBeGreaterThan(0);
    expect(resumedFrom).toEqual([...resumedFrom].sort((a, b) => a - b));
    expect(existsSync(join(cwd, 'killed.safetensors.checkpoint'))).toBe(false);
    expect(arraysOf(join(cwd, 'killed.safetensors'))).toEqual(arraysOf(join(cwd, 'whole.safetensors')));
  },
);
