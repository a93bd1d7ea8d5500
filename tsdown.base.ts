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
    // One file for each source file: a bundler can then leave out whatever an application does not import.
    unbundle: true,
    clean: true,
    // Modules of Node, and package.json's imports: whoever loads the package resolves those.
    deps: { skipNodeModulesBundle: true, neverBundle: [/^node:/, /^#/] },
    logLevel: 'warn',
  }) as UserConfig;
