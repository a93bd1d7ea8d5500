import { expectNoFindings } from '@neural-fields/testing/fuzz';
import { expect, test } from 'vitest';

test('mutated files are decoded or rejected with a ShapeError, in bounded time and memory', async () => {
  const results = await expectNoFindings(new URL('./targets.ts', import.meta.url), { count: 1500 });
  expect(results.every(({ tried, read, refused }) => tried === 1500 && read > 50 && refused > 50)).toBe(true);
}, 60_000);
