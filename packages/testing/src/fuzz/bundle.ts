import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Loader, type Plugin } from 'esbuild';

/** Files of packages that Node cannot import directly; all other files of node_modules stay external. */
const INLINE = /@tensorflow\/tfjs-core\/dist\/(?!tf-core)/;

/**
 * Sources are bundled. Installed packages are imported from the folders where their importers resolve them, wherever
 * the bundle is, together with their binaries, Wasm and workers.
 */
const leaveInstalled: Plugin = {
  name: 'leave-installed',
  setup: ({ onResolve, onLoad, resolve }) => {
    onResolve({ filter: /^[^./]/ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === leaveInstalled || kind === 'entry-point') return undefined;
      if (path.startsWith('node:')) return { path, external: true };
      const found = await resolve(path, { kind, importer, resolveDir, pluginData: leaveInstalled });
      // An optional package may be missing; its import then fails at run time.
      if (found.errors.length > 0) return { path, external: true };
      if (!found.path.includes('node_modules') || INLINE.test(found.path)) return found;
      return found.external ? found : { path: pathToFileURL(found.path).href, external: true };
    });
    // Sources locate files relative to their own URL, which differs from the bundle's.
    onLoad({ filter: /\.[cm]?[jt]s$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
      return { contents, loader: extname(path).endsWith('ts') ? 'ts' : ('js' satisfies Loader) };
    });
  },
};

/**
 * Bundles a package's `fuzzTargets` with the child that serves them.
 *
 * @param targets the URL of a module that exports `fuzzTargets`
 * @param folder for the bundle, and the file to which the child writes its position
 * @returns the bundle's path
 */
export const bundleChild = async (
  targets: URL,
  { folder, statusFile }: { folder: string; statusFile: string },
): Promise<string> => {
  const child = fileURLToPath(new URL('./child.ts', import.meta.url));
  const outfile = join(folder, 'child.mjs');
  await build({
    stdin: {
      contents: [
        `import { serve } from ${JSON.stringify(child)};`,
        `import { fuzzTargets } from ${JSON.stringify(fileURLToPath(targets))};`,
        `serve(fuzzTargets, ${JSON.stringify(statusFile)});`,
      ].join('\n'),
      resolveDir: fileURLToPath(new URL('.', targets)),
      sourcefile: 'fuzz-child.ts',
      loader: 'ts',
    },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@neural-fields/source'],
    mainFields: ['main'],
    sourcemap: 'inline',
    // Bundled CommonJS files may require others.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta['url']);",
    },
    plugins: [leaveInstalled],
    logLevel: 'silent',
  });
  return outfile;
};
