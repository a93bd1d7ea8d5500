/** @file The main entry must be bundled for browsers; this test does so from the sources. */
import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';
import { expect, test } from 'vitest';

const bundle = async (conditions: string[]): Promise<string> => {
  const output = (await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['@neural-fields/source', ...conditions] },
    build: {
      write: false,
      minify: false,
      lib: { entry: fileURLToPath(new URL('../src/index.ts', import.meta.url)), formats: ['es'] },
      rollupOptions: { external: [/^@tensorflow\//] },
    },
  })) as Rolldown.RolldownOutput[];
  return output[0]!.output.map(file => (file.type === 'chunk' ? file.code : '')).join('\n');
};

test('the browser bundle has the browser codec and no modules of Node', async () => {
  const code = await bundle(['browser', 'module']);
  expect(code.includes('createImageBitmap(')).toBe(true);
  const imports = [...code.matchAll(/(?:from|import|require\()\s*\(?["']([^"']+)["']/g)].map(match => match[1]);
  expect(imports.filter(name => !name?.startsWith('@tensorflow/'))).toEqual([]);
  expect(code.includes('__vite-browser-external')).toBe(false);
});
