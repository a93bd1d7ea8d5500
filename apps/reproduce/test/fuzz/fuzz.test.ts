import { expectNoFindings } from '@neural-fields/testing/fuzz';
import { expect, test } from 'vitest';

test('mutated files are read or refused with the typed error, in bounded time and memory', async () => {
  const results = await expectNoFindings(new URL('./targets.ts', import.meta.url), { count: 2000 });
  expect(results.every(({ tried }) => tried === 2000)).toBe(true);
});
