/**
 * @file In a page that forbids code from text (no `unsafe-eval`), pictures and sounds are decoded, points sampled and
 * metrics computed.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumArguments, findChromium } from '../chromium.ts';

const found = findChromium();
if ('missing' in found && process.env['CI']) throw new Error(found.missing);

const signals = new URL('../../packages/signals/', import.meta.url);
const pictures = JSON.parse(readFileSync(new URL('test/browser/golden/pictures.json', signals), 'utf8')) as Record<
  'png' | 'jpeg' | 'webp' | 'avif',
  { readonly file: string }
>;

const POLICY = "default-src 'none'; script-src 'self'";

const application = `
import { createRng } from '@neural-fields/core';
import {
  coordinateGradient, decodeAudio, decodeImage, encodeAudio, encodeImage, laplacian, meanSquaredError, pixels, psnr, psnrAsync, resizeImage,
  resizeImageAsync, audioSamples, shuffledPixels, sobel, ssim, ssimAsync, stratifiedSamples, subset,
} from ${JSON.stringify(fileURLToPath(new URL('src/index.ts', signals)))};

const bytesOf = base64 => Uint8Array.from(atob(base64), character => character.charCodeAt(0));
const rng = createRng(3);

const work = async () => {
  const files = ${JSON.stringify(Object.fromEntries(['png', 'jpeg', 'webp', 'avif'].map(name => [name, pictures[name as 'png'].file])))};
  const shapes = {};
  for (const [name, file] of Object.entries(files)) shapes[name] = (await decodeImage(bytesOf(file))).shape;
  const picture = await decodeImage(bytesOf(files.png));
  const again = await decodeImage(await encodeImage(picture, { format: 'png' }));
  const small = resizeImage(picture, { width: 12, height: 8 });
  const large = await resizeImageAsync(small, { width: 24, height: 16 });
  const points = pixels(picture);
  const sound = decodeAudio(encodeAudio({ samples: { data: new Float32Array(64).fill(0.25), shape: [32, 2] }, sampleRate: 8000 }));
  return {
    shapes,
    same: meanSquaredError(picture, again),
    psnr: psnr(picture, large) === await psnrAsync(picture, large),
    ssim: ssim(picture, large) === await ssimAsync(picture, large),
    filters: [sobel(picture, 0), laplacian(picture), coordinateGradient(picture)].map(({ shape }) => shape.at(-1)),
    points: [points, subset(points, { fraction: 0.5, seed: 1 }), shuffledPixels(picture, { count: 7 }), stratifiedSamples(picture, { counts: [2, 3] })]
      .map(source => source.draw(0, 5, rng, { step: 1, steps: 1 }).coords.length),
    sound: [audioSamples(sound).size, sound.samples.shape, sound.sampleRate],
  };
};
const forbidden = () => {
  try {
    return new Function('return 1')();
  } catch (error) {
    return error.name;
  }
};

globalThis.outcome = work().then(done => ({ ...done, forbidden: forbidden() }));
`;

let browser: Browser | undefined;
let script = '';
beforeAll(async () => {
  if ('missing' in found) return;
  const { outputFiles } = await build({
    stdin: { contents: application, resolveDir: fileURLToPath(signals) },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@neural-fields/source'],
    logLevel: 'silent',
  });
  script = outputFiles[0]!.text;
  browser = await chromium.launch({ executablePath: found.path, args: [...chromiumArguments] });
});
afterAll(() => browser?.close());

test('a page with a strict content security policy does everything', async context => {
  if ('missing' in found) return context.skip(found.missing);
  const server = createServer(({ url }, response) => {
    const isScript = url === '/page.js';
    response.writeHead(200, {
      'Content-Type': isScript ? 'text/javascript' : 'text/html',
      'Content-Security-Policy': POLICY,
    });
    response.end(isScript ? script : '<!doctype html><script type="module" src="/page.js"></script>');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  try {
    const page = await (browser as Browser).newPage();
    const complaints: string[] = [];
    page.on('console', message => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    expect(await page.evaluate(async () => (await Reflect.get(globalThis, 'outcome')) as unknown)).toEqual({
      shapes: { png: [16, 24, 3], jpeg: [16, 24, 3], webp: [16, 24, 3], avif: [16, 24, 3] },
      same: 0,
      psnr: true,
      ssim: true,
      filters: [3, 3, 6],
      points: [10, 10, 10, 10],
      sound: [32, [32, 2], 8000],
      forbidden: 'EvalError', // the policy is in force
    });
    expect(complaints).toEqual([]);
  } finally {
    server.close();
  }
});
