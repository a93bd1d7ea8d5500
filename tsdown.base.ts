import { readFileSync } from 'node:fs';
import { defineConfig, type UserConfig } from 'tsdown';

/** Whether a module imports values of TensorFlow.js, which a bundler keeps with the file that imports it. */
const importsTensors = (id: string): boolean =>
  id.endsWith('.ts') &&
  !id.endsWith('.d.ts') &&
  /^(?:import|export) (?!type\b)[^;]* from '@tensorflow\//m.test(readFileSync(id, 'utf8'));

/** The options of {@link library}. */
export interface LibraryOptions {
  /** Whether each source file becomes a file, for programs of this repository that import single ones. */
  readonly unbundle?: boolean;
  /**
   * Whether what imports TensorFlow.js is in a file of its own, so that the rest can be bundled without it; true if
   * absent. Where many entries share parts of both, it would join them all.
   */
  readonly tensorsApart?: boolean;
}

/** The build that every package shares: ESM with types, nothing of the dependencies inside. */
export const library = (
  entry: Record<string, string>,
  { unbundle = false, tensorsApart = !unbundle }: LibraryOptions = {},
): UserConfig =>
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
    unbundle,
    ...(tensorsApart && { outputOptions: { codeSplitting: { groups: [{ name: 'tensors', test: importsTensors }] } } }),
    clean: true,
    // Modules of Node, and package.json's imports: whoever loads the package resolves those.
    deps: { skipNodeModulesBundle: true, neverBundle: [/^node:/, /^#/] },
    logLevel: 'warn',
  }) as UserConfig;
