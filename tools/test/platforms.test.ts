import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { type Browser, chromium } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { promisedLines } from '../../packages/testing/src/readme.ts';
import { picture } from '../../packages/testing/src/small-files.ts';
import { chromiumArguments, findChromium } from '../chromium.ts';
import { namedBlocks } from '../lib/named-blocks.mjs';
import { guide } from '../lib/platforms.mjs';
import { root } from '../lib/projects.mjs';
import { run } from '../lib/run.mjs';

// The files of docs/platforms.md: its pages in Chromium, its scripts in this Node. `npm run platforms` runs the scripts
// in other programs, from packed packages.

const home = mkdtempSync(join(tmpdir(), 'neural-fields-platforms-'));
const files = namedBlocks(readFileSync(guide, 'utf8'));
const text = (name: string): string => {
  const found = files.get(name);
  if (found === undefined) throw new Error(`docs/platforms.md has no block ${name}`);
  return found;
};

/** Links a package, with its own dependencies beside its files, as npm would install it. */
const link = (name: string, folder: string): void => {
  const place = join(home, 'node_modules', name);
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(realpathSync(folder), place);
};

beforeAll(() => {
  for (const name of ['core', 'losses', 'signals', 'kernels-wasm'])
    link(`@neural-fields/${name}`, join(root, 'packages', name));
  for (const name of ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu'])
    link(name, join(root, 'packages/kernels-wasm/node_modules', name));
  link('sharp', join(root, 'packages/signals/node_modules/sharp'));
  writeFileSync(join(home, 'cat.png'), picture(24, 16));
  for (const [name, content] of files) writeFileSync(join(home, name), content);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

test.each(['fit.mjs', 'fit.cjs'])('%s does in Node what it says', name => {
  const { ok, printed, output } = run(process.execPath, [name], {
    cwd: home,
    env: { NODE_OPTIONS: '', FORCE_COLOR: '0' },
  });
  expect(ok, output).toBe(true);
  expect(printed.trim().split('\n')).toEqual(promisedLines(text(name)));
});

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.png': 'image/png' };

const serve = (folder: string): Promise<Server> => {
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    if (pathname === '/favicon.ico') return void response.writeHead(204).end();
    try {
      const body = readFileSync(join(folder, pathname));
      response.writeHead(200, { 'Content-Type': types[extname(pathname)] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)));
};

/** What a page shows once it has drawn its field: the last progress, the picture's size, and its spread of red. */
const visit = async (
  folder: string,
  context: TestContext,
): Promise<{ progress: string; size: readonly number[]; spread: number }> => {
  const found = findChromium();
  if ('missing' in found && !process.env['CI']) return context.skip(found.missing);
  if ('missing' in found) throw new Error(found.missing);
  const server = await serve(folder);
  let browser: Browser | undefined;
  try {
    browser = await chromium.launch({ executablePath: found.path, args: [...chromiumArguments] });
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', message => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', error => complaints.push(String(error)));
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/index.html`);
    await expect
      .poll(async () => complaints.length > 0 || (await page.evaluate(() => document.images[0]?.naturalWidth)), {
        timeout: 120_000,
      })
      .toBeTruthy();
    expect(complaints).toEqual([]);
    return await page.evaluate(() => {
      const image = document.images[0] as HTMLImageElement;
      const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
      const drawing = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
      drawing.drawImage(image, 0, 0);
      const { data } = drawing.getImageData(0, 0, canvas.width, canvas.height);
      const red = [...data].filter((_, i) => i % 4 === 0).sort((a, b) => a - b);
      const spread = (red.at(-1) as number) - (red[0] as number);
      return {
        progress: document.querySelector('output')?.textContent ?? '',
        size: [canvas.width, canvas.height],
        spread,
      };
    });
  } finally {
    await browser?.close();
    await new Promise(resolve => server.close(resolve));
  }
};

const expectPicture = ({ progress, size, spread }: Awaited<ReturnType<typeof visit>>): void => {
  const [, step, decibels] = /^step (\d+): ([\d.]+) dB$/.exec(progress) ?? [];
  expect([step, size]).toEqual(['300', [384, 256]]);
  expect(Number(decibels)).toBeGreaterThan(25);
  expect(spread).toBeGreaterThan(100);
};

test('the plain page fits a picture and draws it, without a bundler', async context => {
  expectPicture(await visit(home, context));
});

test('the page with a worker does the same, bundled by Vite', async context => {
  const source = join(home, 'source');
  const outDir = join(home, 'bundled');
  mkdirSync(source);
  for (const name of ['page.ts', 'worker.ts']) writeFileSync(join(source, name), text(name));
  writeFileSync(
    join(source, 'index.html'),
    '<!doctype html><img><output></output><script type="module" src="/page.ts"></script>',
  );
  const worker = { format: 'es' } as const;
  await build({ root: source, configFile: false, logLevel: 'silent', worker, build: { outDir, target: 'es2022' } });
  writeFileSync(join(outDir, 'cat.png'), picture(24, 16));
  expectPicture(await visit(outDir, context));
});
