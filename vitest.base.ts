import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** The test settings that every package shares: sources instead of builds, and a result file that the totals are counted from. */
export const tests = (options: NonNullable<ViteUserConfig['test']> = {}): ViteUserConfig =>
  defineConfig({
    resolve: { conditions: ['@neural-fields/source'] },
    ssr: { resolve: { conditions: ['@neural-fields/source'] } },
    test: {
      include: ['test/**/*.test.ts'],
      testTimeout: 60_000,
      reporters: ['default', ['json', { outputFile: '.test/results.json' }]],
      ...options,
    },
  });
