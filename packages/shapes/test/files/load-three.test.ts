import { expect, test } from 'vitest';
import { loadThree } from '../../src/files/load-three.ts';
import { ShapeError } from '../../src/shape-error.ts';

test('without three, the error says what to install', async () => {
  const absent = 'three-that-is-not-installed';
  const error = await loadThree(() => import(/* @vite-ignore */ absent)).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ShapeError);
  expect(error).toMatchObject({ problem: 'loader-missing', message: expect.stringContaining('npm install three') });
});
