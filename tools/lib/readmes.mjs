import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { serveRegistry } from './local-registry.mjs';
import { packAll } from './pack.mjs';
import { listPublicProjects, readManifest, root } from './projects.mjs';
import { nx, packageManagerOf } from './run.mjs';

/** @typedef {typeof import('../../packages/testing/src/readme.ts')} Readme */
/** @typedef {typeof import('../../packages/testing/src/small-files.ts')} SmallFiles */

/**
 * A README, or a document, as a user meets it.
 *
 * @typedef {object} Guide
 * @property {string} name Relative to the root: the folder of a README, or a document's file.
 * @property {readonly string[]} install What follows `npm install` in each of its install lines.
 * @property {readonly string[]} examples The `ts` blocks that are complete. In a document that has an install line
 *   these are the ones that follow it directly; they are run where they promise something.
 */

/**
 * What became of one step of trying a README.
 *
 * @typedef {object} Outcome
 * @property {string} step
 * @property {boolean} ok
 * @property {string} output
 */

/** A strict project as TypeScript's own `--init` makes it, apart from the choice of `skipLibCheck`. */
const compilerOptions = {
  target: 'ES2022',
  module: 'NodeNext',
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  types: [],
  noEmit: true,
};

/**
 * The modules of packages/testing that know the form of READMEs, and small files to fit.
 *
 * @returns {Promise<Readme & SmallFiles>}
 */
export async function loadReadmeTools() {
  const { outputFiles } = await build({
    stdin: {
      contents: "export * from './readme.ts'; export * from './small-files.ts';",
      resolveDir: join(root, 'packages/testing/src'),
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? []).toString('base64')}`);
}

/**
 * The READMEs of the root and of the public packages, and the documents of packages that have an install line.
 *
 * @param {Pick<Readme, 'examplesOf' | 'installLines'>} readme
 * @returns {Guide[]}
 */
export function listGuides({ examplesOf, installLines }) {
  const packages = listPublicProjects().filter(({ directory }) => directory.startsWith('packages/'));
  const readmes = ['.', ...packages.map(({ directory }) => directory)].map(name => {
    const markdown = readFileSync(join(root, name, 'README.md'), 'utf8');
    return { name, install: installLines(markdown), examples: examplesOf(markdown) };
  });
  const documents = packages.flatMap(({ directory }) => {
    const name = directory.replace('packages/', 'docs/').concat('.md');
    const [, ...installed] = readFileSync(join(root, name), 'utf8').split(/^(?=npm install )/m);
    const examples = installed.flatMap(part => examplesOf(part).slice(0, 1));
    return examples.length === 0 ? [] : [{ name, install: installed.flatMap(installLines), examples }];
  });
  return [...readmes, ...documents];
}

/**
 * Tries READMEs, two at a time, and prints a line for each with each package manager.
 *
 * @param {string} folder An empty one.
 * @param {{ readme?: readonly string[] | undefined, manager?: string | undefined }} [choice] All where absent.
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function tryReadmes(folder, { readme, manager } = {}) {
  const tools = await loadReadmeTools();
  const guides = listGuides(tools);
  for (const name of readme ?? [])
    if (!guides.some(guide => guide.name === name))
      throw new RangeError(`--readme must be one of ${guides.map(guide => guide.name).join(', ')}, got '${name}'`);
  if (manager !== undefined && manager !== 'npm' && manager !== 'pnpm')
    throw new RangeError(`--manager must be npm or pnpm, got '${manager}'`);
  const built = nx(['run-many', '-t', 'build']);
  if (!built.ok) throw new Error(built.output);
  const registry = await serveRegistry(packAll(join(folder, 'tarballs')));
  const managers = /** @type {const} */ (['npm', 'pnpm']).filter(by => manager === undefined || by === manager);
  // What pnpm accepts in a document npm accepts too: it only makes more packages importable.
  const jobs = guides
    .filter(guide => readme?.includes(guide.name) ?? true)
    .flatMap(guide => managers.map(by => ({ guide, by })))
    .filter(({ guide, by }) => by === 'pnpm' || !guide.name.startsWith('docs/'));
  const totals = { passed: 0, failed: 0 };
  const work = async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const { guide, by } = job;
      const begin = performance.now();
      const home = join(folder, by, guide.name === '.' ? 'root' : guide.name.replace(/\W/g, '-'));
      const outcomes = await tryGuide(guide, by, { home, npmrc: registry.npmrc, tools });
      const wrong = outcomes.find(({ ok }) => !ok);
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      if (wrong) console.log(`failed: ${guide.name} with ${by}: ${wrong.step}\n${wrong.output.trimEnd()}`);
      else console.log(`passed: ${guide.name} with ${by} (${outcomes.length} steps, ${seconds} s)`);
      totals[wrong ? 'failed' : 'passed'] += 1;
    }
  };
  try {
    await Promise.all([work(), work()]);
  } finally {
    await registry.close();
  }
  return totals;
}

/**
 * Does what a README says in an empty folder: installs, type-checks, runs, and compares the output with its promises.
 *
 * @param {Guide} guide
 * @param {'npm' | 'pnpm'} manager
 * @param {{ home: string, npmrc: string, tools: Readme & SmallFiles }} place
 * @returns {Promise<Outcome[]>} Up to the first step that failed.
 */
export async function tryGuide({ install, examples }, manager, { home, npmrc, tools }) {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(home, '.npmrc'), npmrc);
  // The files that examples read. Small, so that a fit of them takes seconds.
  writeFileSync(join(home, 'cat.png'), tools.picture(24, 16));
  writeFileSync(join(home, 'bunny.ply'), tools.octahedron());
  /** @type {Outcome[]} */
  const outcomes = [];
  /** @param {string} step @param {{ ok: boolean, output: string }} result */
  const record = (step, { ok, output }) => outcomes.push({ step, ok, output }) && ok;

  for (const line of install) {
    const [command, args] = installCommand(manager, line.split(/\s+/));
    if (!record(`${manager} install ${line}`, await start(command, args, home))) return outcomes;
  }
  const files = examples.map((example, i) => {
    writeFileSync(join(home, `example-${i + 1}.ts`), example);
    return `example-${i + 1}.ts`;
  });
  // With npm the declarations of the packages are checked too.
  const skipLibCheck = manager === 'pnpm';
  const options = { ...compilerOptions, skipLibCheck };
  writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }));
  const { printed } = await start('tsc', ['--project', '.', '--pretty', 'false'], home);
  const errors = printed
    .split('\n')
    .filter(line => /^(example-|tsconfig|error|node_modules\/@neural-fields\/)/.test(line));
  if (!record(`types, skipLibCheck: ${skipLibCheck}`, { ok: errors.length === 0, output: errors.join('\n') }))
    return outcomes;
  for (const [i, example] of examples.entries()) {
    if (tools.promisedLines(example).length === 0) continue;
    const script = `example-${i + 1}.js`;
    await build({
      entryPoints: [join(home, files[i] ?? '')],
      outfile: join(home, script),
      target: 'es2022',
      format: 'esm',
    });
    const ran = await start(process.execPath, [script], home);
    const difference = ran.ok ? tools.differenceFromPromises(linesOf(ran.printed), example) : ran.output;
    if (!record(`example ${i + 1}`, { ok: difference === undefined, output: difference ?? '' })) return outcomes;
  }
  return outcomes;
}

/** @param {string} printed */
const linesOf = printed => (printed.trimEnd() === '' ? [] : printed.trimEnd().split('\n'));

/**
 * @param {'npm' | 'pnpm'} manager
 * @param {readonly string[]} wanted
 * @returns {[string, string[]]}
 */
function installCommand(manager, wanted) {
  if (manager === 'npm') {
    const quiet = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    return ['npm', ['install', ...quiet, ...wanted]];
  }
  return [
    'npx',
    ['--yes', packageManagerOf(readManifest('.')), 'add', '--prefer-offline', '--ignore-scripts', ...wanted],
  ];
}

/**
 * Runs a command without holding this process up, which answers the requests of the package manager meanwhile.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 * @returns {Promise<{ ok: boolean, printed: string, output: string }>}
 */
export function start(command, args, cwd) {
  const path = [join(root, 'node_modules/.bin'), dirname(process.execPath), process.env.PATH].join(delimiter);
  const env = {
    ...softwareGpu(),
    ...process.env,
    PATH: path,
    NODE_OPTIONS: '',
    FORCE_COLOR: '0',
    npm_config_update_notifier: 'false',
  };
  return new Promise(resolve => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    let [printed, output] = ['', ''];
    child.stdout.on('data', data => {
      printed += data;
      output += data;
    });
    child.stderr.on('data', data => {
      output += data;
    });
    child.on('error', error => resolve({ ok: false, printed, output: `${output}${error.message}\n` }));
    child.on('close', code => resolve({ ok: code === 0, printed, output }));
  });
}

/**
 * Debian's chromium brings SwiftShader, a graphics card in software, and the Vulkan loader for it.
 *
 * @returns {Record<string, string>}
 */
function softwareGpu() {
  const chromium = '/usr/lib/chromium';
  const driver = `${chromium}/vk_swiftshader_icd.json`;
  return existsSync(driver) ? { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: chromium } : {};
}
