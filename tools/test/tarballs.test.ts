import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chromiumArguments, findChromium } from '../chromium.ts';
import { type Packed, packAll } from '../lib/pack.mjs';
import { codeSubpaths, listPublicProjects, type Project } from '../lib/projects.mjs';
import { run } from '../lib/run.mjs';
import { trials } from './trials.ts';

// What a user gets: each public package is packed, installed by npm into an empty folder, and used from there.

const folder = mkdtempSync(join(tmpdir(), 'neural-fields-tarballs-'));
let packed: readonly Packed[] = [];

beforeAll(() => {
  packed = packAll(join(folder, 'tarballs'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const publicProjects = listPublicProjects();

test('there is a trial for every public package', () => {
  expect(Object.keys(trials).sort()).toEqual(publicProjects.map(({ manifest }) => manifest.name).sort());
});

describe.each(publicProjects.map(project => [project.manifest.name, project] as const))('%s', (name, project) => {
  const home = join(folder, project.directory.replace('/', '-'));
  const trial = trials[name] ?? { snippet: '', prints: '' };

  beforeAll(() => {
    mkdirSync(home);
    writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }\n');
    const wanted = [...tarballsFor(project), ...peersOf(project), ...(trial.also ?? [])];
    const flags = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const installed = run('npm', ['install', ...flags, ...wanted], { cwd: home });
    if (!installed.ok) throw new Error(installed.output);
  });

  test('it does what its trial asks for', () => {
    expect(runScript(home, 'trial.js', [trial.snippet])).toEqual([trial.prints]);
  });

  if (codeSubpaths(project).length > 0) {
    test('every export can be imported in Node', () => {
      const script = codeSubpaths(project).map(
        subpath => `console.log(Object.keys(await import('${subpath}')).length > 0);`,
      );
      expect(runScript(home, 'imports.js', script)).toEqual(codeSubpaths(project).map(() => 'true'));
    });

    test.each([
      { moduleResolution: 'NodeNext', module: 'NodeNext', skipLibCheck: false },
      // The declaration files have been checked by then.
      { moduleResolution: 'Bundler', module: 'ESNext', skipLibCheck: true },
    ])('its types resolve under $moduleResolution', resolution => {
      const lines = codeSubpaths(project).map((subpath, i) => [
        `import * as part${i} from '${subpath}';`,
        `export const names${i}: string[] = Object.keys(part${i});`,
      ]);
      writeFileSync(join(home, 'consumer.ts'), lines.flat().join('\n'));
      const compilerOptions = {
        ...resolution,
        noEmit: true,
        strict: true,
        exactOptionalPropertyTypes: true,
        target: 'ES2022',
        types: [],
      };
      writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
      const { output } = run('tsc', ['--project', '.'], { cwd: home });
      // Declaration files are checked too, but those of other projects are not ours to mend, and an optional peer may
      // be absent.
      const errors = output
        .split('\n')
        .filter(line => /^(consumer\.ts|tsconfig|error|node_modules\/(@neural-fields|neural-fields)\/)/.test(line));
      const optional = Object.entries(project.manifest.peerDependenciesMeta ?? {}).filter(([, peer]) => peer.optional);
      expect(errors.filter(line => !optional.some(([peer]) => line.includes(`Cannot find module '${peer}'`)))).toEqual(
        [],
      );
    });
  }

  if (trial.small) {
    const { entry, maximumBytes } = trial.small;
    test('an import of one small thing makes a small bundle', async () => {
      const code = await bundle(home, 'small', [entry]);
      expect(code.length).toBeGreaterThan(0);
      expect(code.length).toBeLessThan(maximumBytes);
    });
  }

  if (project.directory.startsWith('packages/')) {
    test('a bundle of everything for browsers holds nothing of Node', async () => {
      const lines = browserSubpaths(project).map(
        (subpath, i) => `import * as part${i} from '${subpath}'; globalThis.part${i} = part${i};`,
      );
      // Only imports: `node:create` is also the name of an event.
      expect(await bundle(home, 'everything', lines)).not.toMatch(
        /\b(?:from|import|\w*require)\s*\(?\s*["'`]node:|__vite-browser-external/,
      );
    });

    test('its trial, bundled, does the same in a browser', async context => {
      const browser = findChromium();
      if ('missing' in browser && !process.env['CI']) return context.skip(browser.missing);
      if ('missing' in browser) throw new Error(browser.missing);
      const code = await bundle(home, 'trial', [trial.snippet]);
      expect(await runInBrowser(browser.path, code)).toEqual([trial.prints]);
    });
  }
});

/** The tarball of a package, and those of the workspace packages that it depends on. */
function tarballsFor(project: Project): string[] {
  const own = packed.find(one => one.project.manifest.name === project.manifest.name);
  if (!own) throw new Error(`${project.manifest.name} was not packed`);
  const needed = Object.keys(project.manifest.dependencies ?? {}).flatMap(name =>
    packed.filter(one => one.project.manifest.name === name),
  );
  return [...new Set([own.tarball, ...needed.flatMap(one => tarballsFor(one.project))])];
}

/** The required peers, in the versions that the package is developed with. */
function peersOf({ manifest }: Project): string[] {
  const required = Object.keys(manifest.peerDependencies ?? {}).filter(
    peer => !manifest.peerDependenciesMeta?.[peer]?.optional,
  );
  return required.map(
    peer =>
      `${peer}@${manifest.devDependencies?.[peer] ?? manifest.dependencies?.[peer] ?? manifest.peerDependencies?.[peer]}`,
  );
}

function browserSubpaths(project: Project): string[] {
  return codeSubpaths(project).filter(subpath => !subpath.endsWith('/node'));
}

/** The lines that a script prints on its standard output. */
function runScript(home: string, file: string, lines: readonly string[]): string[] {
  writeFileSync(join(home, file), lines.join('\n'));
  const { ok, printed, output } = run(process.execPath, [file], {
    cwd: home,
    env: { NODE_OPTIONS: '', FORCE_COLOR: '0' },
  });
  if (!ok) throw new Error(output);
  return printed.trimEnd().split('\n');
}

/** The lines that a script logs in an empty page, up to the first error. */
async function runInBrowser(executablePath: string, code: string): Promise<string[]> {
  const browser = await chromium.launch({ executablePath, args: [...chromiumArguments] });
  try {
    const page = await browser.newPage();
    const lines: string[] = [];
    page.on('console', message => message.type() === 'log' && lines.push(message.text()));
    page.on('pageerror', error => lines.push(String(error)));
    await page.addScriptTag({ type: 'module', content: `${code}\nglobalThis.finished = true;` });
    await expect
      .poll(async () => lines.length > 0 || (await page.evaluate(() => 'finished' in globalThis)), { timeout: 30_000 })
      .toBe(true);
    return lines;
  } finally {
    await browser.close();
  }
}

/** Bundles a script for browsers as Vite does by default, and returns all of its code. */
async function bundle(home: string, name: string, lines: readonly string[]): Promise<string> {
  const entry = join(home, `${name}.entry.js`);
  writeFileSync(entry, lines.join('\n'));
  const outDir = join(home, 'bundles', name);
  await build({
    root: home,
    configFile: false,
    logLevel: 'silent',
    build: {
      outDir,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: { input: entry, output: { entryFileNames: 'main.js' } },
    },
  });
  const files = readdirSync(outDir, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.js'));
  return files.map(file => readFileSync(join(outDir, file), 'utf8')).join('\n');
}
