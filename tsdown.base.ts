import { defineConfig, type UserConfig } from 'tsdown';

/** The build that every package shares: ESM with types, one file per entry point, nothing of the dependencies inside. */
export const library = (entry: Record<string, string>): UserConfig =>
  defineConfig({
    entry,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    dts: { oxc: true },
    sourcemap: true,
    fixedExtension: false,
    clean: true,
    deps: { skipNodeModulesBundle: true },
  }) as UserConfig;
