import { expectNoFindings } from '@neural-fields/testing/fuzz';
import { afterAll, expect, it } from 'vitest';
import { prepareSanitizers } from '../../scripts/sanitizers.mjs';
import { withNative } from '../native-backend.ts';

const before = { ...process.env };
afterAll(() => {
  for (const name of ['LD_PRELOAD', 'ASAN_OPTIONS']) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
});

withNative(() => {
  it('random work is that of the composed kernels, and wrong calls are refused, under the sanitizers', async context => {
    const prepared = prepareSanitizers();
    if ('problem' in prepared) return context.skip(prepared.problem);
    Object.assign(process.env, prepared.env);
    const results = await expectNoFindings(new URL('./targets.ts', import.meta.url), { count: 40 });
    expect(results.map(({ reader }) => reader)).toEqual(['native', 'native-addon']);
    const [work, calls] = results;
    expect(work?.read).toBeGreaterThan(30);
    expect(Math.min(calls?.read ?? 0, calls?.refused ?? 0)).toBeGreaterThan(0);
  }, 600_000);
});
