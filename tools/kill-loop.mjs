// `npm run kill`: ends the command line tool at random moments, runs it again and checks what is left. See `usage`
// below.
import { mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { root } from './lib/projects.mjs';
import { nx } from './lib/run.mjs';

/** @typedef {import('../apps/cli/test/kills/index.ts')} Kills */
/** @typedef {import('../apps/cli/test/kills/index.ts').KillReport} KillReport */

const usage = `usage: npm run kill -- --command <name|all> [options]

  --command <name>   fit, render, mesh, reproduce, demo, all, or one of the scenarios that --list
                     shows; may be given several times
  --count <n>        processes to end in each scenario (100)
  --seed <n>         another seed gives other moments (1)
  --list             lists the scenarios

Each process is ended by SIGKILL, SIGTERM, SIGINT, SIGHUP or the loss of its output, up to eight times before one
is let through to its end. Faults are printed; the exit code is 1 where there are any.`;

/**
 * @param {string} message
 * @returns {never}
 */
function refuse(message) {
  console.error(`kill: ${message}\n\n${usage}`);
  process.exit(2);
}

/**
 * @param {string} name
 * @param {string} text
 * @returns {number}
 */
function wholeNumber(name, text) {
  if (!/^\d{1,9}$/.test(text)) refuse(`--${name} must be a whole number, got ${JSON.stringify(text)}`);
  return Number(text);
}

/** @returns {Promise<Kills>} */
async function loadLoop() {
  const folder = join(root, 'out', 'kill');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, 'kill-loop.mjs');
  const entry = join(root, 'apps/cli/test/kills/index.ts');
  await build({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'warning' });
  return import(pathToFileURL(outfile).href);
}

/** @returns {Promise<number>} The exit code. */
async function main() {
  const { values } = parseArgs({
    options: {
      command: { type: 'string', multiple: true, default: [] },
      count: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      list: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const { killLoop, scenarios } = await loadLoop();
  if (values.list) {
    for (const { name, command } of scenarios) console.log(`${name.padEnd(18)}neural-fields ${command.join(' ')}`);
    return 0;
  }
  const count = wholeNumber('count', values.count);
  const seed = wholeNumber('seed', values.seed);
  const chosen = scenarios.filter(({ name }) =>
    values.command.some(wanted => wanted === 'all' || name === wanted || name.startsWith(`${wanted}-`)),
  );
  if (chosen.length === 0) refuse(`there is no scenario ${values.command.join(', ') || 'without --command'}`);

  console.error(
    `kill: seed ${seed}, Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown processor'}; building the program`,
  );
  const built = nx(['run', 'neural-fields:build']);
  if (!built.ok) refuse(`the program cannot be built\n${built.output}`);
  /** @type {KillReport[]} */
  const reports = [];
  let failed = false;
  for (const scenario of chosen) {
    let shown = 0;
    const onProgress = (/** @type {number} */ kills, /** @type {number} */ faults) => {
      if (kills < count && performance.now() - shown < 10_000) return;
      shown = performance.now();
      console.error(`${scenario.name}: ${kills} of ${count}, ${faults} faults`);
    };
    try {
      const report = await killLoop(join(root, 'apps/cli/dist/main.js'), scenario, { count, seed, onProgress });
      for (const fault of report.faults) console.log(`fault: ${fault}`);
      reports.push(report);
    } catch (error) {
      // A backend that a scenario asks for may be missing here; the other scenarios run all the same.
      failed = true;
      console.log(error instanceof Error ? error.message : String(error));
    }
  }
  printTable(reports);
  return failed || reports.some(({ faults }) => faults.length > 0) ? 1 : 0;
}

/** @param {readonly KillReport[]} reports */
function printTable(reports) {
  const ways = [...new Set(reports.flatMap(({ kills }) => Object.keys(kills)))].sort();
  const total = (/** @type {KillReport} */ { kills }) => Object.values(kills).reduce((sum, n) => sum + n, 0);
  const rows = [
    ['scenario', 'kills', ...ways, 'resumed', 'outran', 'faults'],
    ...reports.map(report => [
      report.scenario,
      String(total(report)),
      ...ways.map(way => String(Object.entries(report.kills).find(([name]) => name === way)?.[1] ?? 0)),
      ...[report.resumed, report.outran, report.faults.length].map(String),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? [];
  for (const row of rows)
    console.log(
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    );
  const all = reports.reduce((sum, report) => sum + total(report), 0);
  console.log(`${all} kills, ${reports.reduce((sum, { faults }) => sum + faults.length, 0)} faults`);
}

process.exitCode = await main();
