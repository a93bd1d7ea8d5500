import { defineConfig, type UserConfig } from 'tsdown';

/** The build that every package shares: ESM with types, nothing of the dependencies inside. */
export const library = (entry: Record<string, string>): UserConfig =>
  defineConfig({
    entry,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    dts: { oxc: true },
    sourcemap: true,
    fixedExtension: false,
    // Few files, since Node spends about a millisecond on each that it loads. Bundlers leave out what is not imported
    // all the same: nothing runs when a module is loaded.
    unbundle: false,
    clean: true,
    // Modules of Node, and package.json's imports: whoever loads the package resolves those.
    deps: { skipNodeModulesBundle: true, neverBundle: [/^node:/, /^#/] },
    logLevel: 'warn',
  }) as UserConfig;
