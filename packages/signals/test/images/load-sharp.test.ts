import { expect, test } from 'vitest';
import { loadSharp, type Sharp } from '../../src/images/load-sharp.ts';

test('says what to install if sharp is missing', async () => {
  const absent = 'a-package-that-is-not-installed';
  const error = await loadSharp(() => import(/* @vite-ignore */ absent) as Promise<{ default: Sharp }>).catch(
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'ImageError', problem: 'codec-missing' });
  expect((error as Error).message).toMatch(/npm install sharp/);
});

test('loads sharp if it is installed', async () => {
  expect((await loadSharp()).versions.vips).toMatch(/^8\./);
});
