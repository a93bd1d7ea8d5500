/** @file The main entry must be bundled for browsers; this test does so from the sources. */
import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';
import { expect, test } from 'vitest';

test('the browser bundle has no modules of Node and is self-contained', async () => {
  const [output] = (await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['@neural-fields/source', 'browser', 'module'] },
    build: {
      write: false,
      minify: false,
      lib: { entry: fileURLToPath(new URL('../src/index.ts', import.meta.url)), formats: ['es'] },
      rollupOptions: { external: [/^@tensorflow\//] },
    },
  })) as Rolldown.RolldownOutput[];
  const code = output!.output.map(file => (file.type === 'chunk' ? file.code : '')).join('\n');
  const still = [...code.matchAll(/^(?:import|export)[^'"\n]*from ["']([^"']+)["']/gm)].map(match => match[1]!);
  expect(still.filter(name => !name.startsWith('@tensorflow/') && !name.startsWith('./'))).toEqual([]);
  const later = [...code.matchAll(/import\(\s*["']([^"']+)["']/g)].map(match => match[1]!);
  expect(later.filter(name => !name.startsWith('./'))).toEqual([]);
  expect(code.includes('__vite-browser-external')).toBe(false);
});
