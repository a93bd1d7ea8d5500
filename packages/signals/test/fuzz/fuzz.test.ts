import { expectNoFindings } from '@neural-fields/testing/fuzz';
import { expect, test } from 'vitest';

test('mutated images and sounds are decoded or rejected, within the limits', async () => {
  const results = await expectNoFindings(new URL('./targets.ts', import.meta.url), { count: 120 });
  expect(results.map(({ reader }) => reader)).toEqual(['png', 'jpeg', 'webp', 'avif', 'wav']);
  for (const { read, refused } of results) expect(Math.min(read, refused)).toBeGreaterThan(0);
});
