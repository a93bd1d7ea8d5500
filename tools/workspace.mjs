// The commands behind `npm start`, `npm run reproduce`, `npm run bench`, `npm test` and `npm run check`; `ci` is the
// last two and `npm run readmes`, with one total.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listProjects, root } from './lib/projects.mjs';
import { forgetResults, readResults, summarise } from './lib/results.mjs';
import { nx, nxTogether, run } from './lib/run.mjs';

/** The package whose tests take longest. */
const LONGEST = 'neural-fields';

/** @typedef {{ passed: number, failed: number }} Totals */

const [command, ...rest] = process.argv.slice(2);

if (command === 'start') process.exitCode = runApp('neural-fields', 'apps/cli', ['demo', ...rest]);
else if (command === 'reproduce') process.exitCode = runApp('@neural-fields/reproduce', 'apps/reproduce', rest);
else if (command === 'bench') process.exitCode = runApp('@neural-fields/bench', 'apps/bench', rest);
else if (command === 'test') finish(await test());
else if (command === 'check') finish(await check());
else if (command === 'ci') finish(await test(), await check(), await readmes());
else {
  console.error('usage: node tools/workspace.mjs start|reproduce|bench|test|check|ci');
  process.exitCode = 2;
}

/**
 * Builds a program of this repository and runs it.
 *
 * @param {string} project
 * @param {string} directory
 * @param {readonly string[]} args
 * @returns {number} Its exit code.
 */
function runApp(project, directory, args) {
  const built = nx(['run', `${project}:build`]);
  if (!built.ok) {
    console.error(built.output);
    return built.code;
  }
  return run(process.execPath, [join(root, directory, 'dist/main.js'), ...args], { show: true }).code;
}

/**
 * Runs the tests of every package.
 *
 * @returns {Promise<Totals>}
 */
async function test() {
  const directories = listProjects()
    .filter(({ manifest }) => manifest.scripts?.test)
    .map(({ directory }) => directory);
  forgetResults(directories);
  // The longest suite runs beside the others from the start: nx would begin it last, as nothing depends on it. What
  // both need is built before, and then left alone.
  const built = nx(['run-many', '-t', 'generate,build', '--nxBail=false'], { show: true });
  const tests = ['run-many', '-t', 'test', '--nxBail=false', '--excludeTaskDependencies'];
  const tested = await nxTogether([
    [...tests, `--projects=${LONGEST}`],
    [...tests, `--exclude=${LONGEST}`],
  ]);
  const ok = built.ok && tested;
  const { lines, passed, failed } = summarise(readResults(directories));
  for (const line of lines) console.log(line);
  if (ok || failed > 0) return { passed, failed };
  console.log('failed: a task of nx failed although every test passed; see above');
  return { passed, failed: 1 };
}

/**
 * Runs every static check; a failing one prints all that it has to say.
 *
 * @returns {Promise<Totals>}
 */
async function check() {
  // Loaded only here: `npm start` should not wait for the compiler.
  const { checks } = await import('./checks/checks.mjs');
  const totals = { passed: 0, failed: 0 };
  for (const { name, run: runCheck } of checks) {
    const begin = performance.now();
    const { ok, output } = await runCheck();
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    if (!ok) console.log(output.trimEnd());
    console.log(`${ok ? 'passed' : 'failed'}: ${name} (${seconds} s)`);
    totals[ok ? 'passed' : 'failed'] += 1;
  }
  return totals;
}

/**
 * Does what the READMEs say, in empty folders.
 *
 * @returns {Promise<Totals>}
 */
async function readmes() {
  const { tryReadmes } = await import('./lib/readmes.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'neural-fields-readmes-'));
  try {
    // What pnpm installs lets a program import the packages that were asked for and no others. `npm run readmes` tries
    // npm as well.
    return await tryReadmes(folder, { manager: 'pnpm' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Prints the last line and sets the exit code.
 *
 * @param {Totals[]} parts
 */
function finish(...parts) {
  const sum = (/** @type {keyof Totals} */ key) => parts.reduce((total, part) => total + part[key], 0);
  const failed = sum('failed');
  console.log(`${sum('passed')} passed, ${failed} failed`);
  process.exitCode = failed > 0 || sum('passed') === 0 ? 1 : 0;
}
