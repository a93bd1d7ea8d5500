import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import esbuild from 'esbuild';
import { type Browser, chromium } from 'playwright';
import { build as viteBuild } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import webpack from 'webpack';
import { chromiumArguments, findChromium } from '../chromium.ts';
import { root } from '../lib/projects.mjs';

// What becomes of an application with core and the SIMD kernels, bundled by each of three bundlers as it does by
// default, in a page with a strict content security policy: the kernels' threads have files of their own, which a
// bundler has to find.

const home = mkdtempSync(join(tmpdir(), 'neural-fields-bundlers-'));
const found = findChromium();
if ('missing' in found && process.env['CI']) throw new Error(found.missing);

/** Fits a field where it runs, and says how that went. */
const application = `
import { adam, createField, fit, siren, term } from '@neural-fields/core';
import { createSimdBackend } from '@neural-fields/kernels-wasm';
import { backend, getBackend, ready, registerBackend, removeBackend, setBackend, squaredDifference } from '@tensorflow/tfjs-core';

const points = {
  inFeatures: 1,
  pointsPerStep: 2048,
  fixed: true,
  draw: (start, count) => {
    const coords = Float32Array.from({ length: count }, (_, i) => (start + i) / 1024 - 1);
    return { coords, targets: { value: coords.map(x => Math.sin(5 * x)) } };
  },
};

export const learn = async threadScript => {
  if (threadScript) {
    removeBackend('simd');
    registerBackend('simd', () => createSimdBackend({ threadScript }), 2);
  }
  await setBackend('simd');
  await ready();
  const field = createField(siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 64, hiddenLayers: 1, omega0: 10 }), { seed: 1 });
  const task = [term({ points, loss: ({ value }, { targets }) => squaredDifference(value, targets.value) })];
  const losses = [];
  for await (const { loss } of fit(field, task, { steps: 40, optimizer: adam({ learningRate: 2e-3 }) })) losses.push(loss);
  return {
    backend: getBackend(),
    learned: losses.at(-1) < losses[0] / 10,
    threads: backend().threads,
    processors: Math.min(navigator.hardwareConcurrency, 16),
    isolated: globalThis.crossOriginIsolated,
  };
};
`;

/** Does so in the page, there perhaps with the threads' script from elsewhere, or in a worker of the page's own. */
const page = `
import { learn } from './application.js';
const inWorker = () =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./learner.js', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = reject;
  });
const script = decodeURIComponent(location.hash) === '#page with a script' && '/elsewhere/simd.js';
globalThis.outcome = location.hash === '#worker' ? inWorker() : learn(script);
`;

const learner = `
import { learn } from './application.js';
learn().then(postMessage, error => { throw error; });
`;

const runWebpack = (entry: string, outDir: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const compiler = webpack({
      mode: 'production',
      context: home,
      entry: { page: entry },
      output: { path: outDir, filename: '[name].js' },
      performance: false,
    });
    compiler?.run((error, stats) => {
      if (error || stats?.hasErrors()) reject(error ?? new Error(stats?.toString('errors-warnings')));
      else compiler.close(closed => (closed ? reject(closed) : resolve()));
    });
  });

const runEsbuild = async (entryPoints: Record<string, string>, outdir: string): Promise<void> => {
  const flags = {
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
  } as const;
  await esbuild.build({ absWorkingDir: home, entryPoints, outdir, ...flags, logLevel: 'silent' });
};

const entry = (name: string): string => join(home, `${name}.js`);

/** Each writes `page.js` and what belongs to it. */
const bundlers: Readonly<Record<string, (outDir: string) => Promise<void>>> = {
  async vite(outDir) {
    const rolldownOptions = { input: entry('page'), output: { entryFileNames: 'page.js' } };
    const build = { outDir, target: 'es2022', modulePreload: false, rolldownOptions } as const;
    await viteBuild({ root: home, configFile: false, logLevel: 'silent', build });
  },
  webpack: outDir => runWebpack(entry('page'), outDir),
  esbuild: outDir =>
    runEsbuild(
      { page: entry('page'), learner: entry('learner'), 'thread.browser': '@neural-fields/kernels-wasm/thread' },
      outDir,
    ),
  async 'esbuild without the thread'(outDir) {
    await runEsbuild({ page: entry('page'), learner: entry('learner') }, outDir);
    await runEsbuild({ simd: '@neural-fields/kernels-wasm/thread' }, join(outDir, 'elsewhere'));
  },
};

const strictPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/** Serves a folder, every file with the same headers. */
const serve = (folder: string, headers: Readonly<Record<string, string>>): Promise<Server> => {
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    if (pathname === '/favicon.ico') return void response.writeHead(204, headers).end();
    try {
      const file = pathname === '/' ? '/index.html' : pathname;
      const body =
        file === '/index.html'
          ? '<!doctype html><script type="module" src="/page.js"></script>'
          : readFileSync(join(folder, file));
      response
        .writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream', ...headers })
        .end(body);
    } catch {
      response.writeHead(404, headers).end();
    }
  });
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)));
};

interface Outcome {
  readonly backend: string;
  readonly learned: boolean;
  readonly threads: number;
  readonly processors: number;
  readonly isolated: boolean;
}

let browser: Browser | undefined;

const visit = async (
  folder: string,
  headers: Readonly<Record<string, string>>,
  place: string,
): Promise<{ readonly outcome: Outcome; readonly complaints: readonly string[] }> => {
  const server = await serve(folder, headers);
  const context = await (browser as Browser).newContext();
  try {
    const tab = await context.newPage();
    const complaints: string[] = [];
    tab.on('console', message => message.type() === 'error' && complaints.push(message.text()));
    tab.on('pageerror', error => complaints.push(String(error)));
    await tab.goto(`http://localhost:${(server.address() as AddressInfo).port}/#${encodeURIComponent(place)}`);
    const outcome = await tab.evaluate(async () => (await Reflect.get(globalThis, 'outcome')) as Outcome);
    return { outcome, complaints };
  } finally {
    await context.close();
    server.close();
  }
};

beforeAll(async () => {
  for (const [name, text] of Object.entries({ application, page, learner })) writeFileSync(entry(name), text);
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module", "sideEffects": true }\n');
  const kernels = join(root, 'packages/kernels-wasm');
  const links = {
    '@neural-fields/core': join(root, 'packages/core'),
    '@neural-fields/kernels-wasm': kernels,
    '@tensorflow/tfjs-core': join(kernels, 'node_modules/@tensorflow/tfjs-core'),
  };
  for (const [name, target] of Object.entries(links)) {
    mkdirSync(dirname(join(home, 'node_modules', name)), { recursive: true });
    symlinkSync(target, join(home, 'node_modules', name), 'dir');
  }
  if ('path' in found) browser = await chromium.launch({ executablePath: found.path, args: [...chromiumArguments] });
});
afterAll(async () => {
  await browser?.close();
  rmSync(home, { recursive: true, force: true });
});

interface Situation {
  readonly place: 'page' | 'worker' | 'page with a script';
  /** Under {@link strictPolicy}. */
  readonly strict?: boolean;
  readonly isolated?: boolean;
  /** Whether more than one thread is to be had. */
  readonly shares: boolean;
}

const everywhere: readonly Situation[] = [
  { place: 'page', strict: true, isolated: true, shares: true },
  { place: 'worker', strict: true, isolated: true, shares: true },
];

const situations: Readonly<Record<string, readonly Situation[]>> = {
  // What does not depend on the bundler is tried with one.
  vite: [
    ...everywhere,
    { place: 'page', strict: true, shares: false },
    { place: 'worker', strict: true, shares: false },
    { place: 'page', isolated: true, shares: true },
  ],
  webpack: everywhere,
  esbuild: everywhere,
  // Threads without a file of their own start from text, which a strict policy forbids.
  'esbuild without the thread': [
    { place: 'page', strict: true, isolated: true, shares: false },
    { place: 'page', isolated: true, shares: true },
    { place: 'page with a script', strict: true, isolated: true, shares: true },
  ],
};

describe.skipIf('missing' in found).each(Object.entries(bundlers))('bundled by %s', (name, bundle) => {
  const outDir = join(home, 'dist', name.replaceAll(' ', '-'));
  beforeAll(() => bundle(outDir));

  test.each(situations[name] ?? [])('it fits: %o', async ({ place, strict, isolated = false, shares }) => {
    const headers = { ...(strict && { 'Content-Security-Policy': strictPolicy }), ...(isolated && isolation) };
    const { outcome, complaints } = await visit(outDir, headers, place);
    const { processors } = outcome;
    expect(outcome).toEqual({ backend: 'simd', learned: true, threads: shares ? processors : 1, processors, isolated });
    if (name !== 'esbuild without the thread') expect(complaints).toEqual([]);
  });
});
