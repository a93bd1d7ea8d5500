import { expectNoFindings } from '@neural-fields/testing/fuzz';
import { expect, it } from 'vitest';

it('mutated files are read, or rejected with the typed error of their reader', async () => {
  const results = await expectNoFindings(new URL('./targets.ts', import.meta.url), { count: 400 });
  for (const { tried, read, refused } of results) {
    expect(read + refused).toBe(tried);
    expect(refused).toBeGreaterThan(0);
  }
});
