// `npm run fuzz`: hands mutated inputs to the readers of untrusted files. See `usage` below and
// packages/testing/README.md.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { prepareSanitizers } from '../packages/kernels-native/scripts/sanitizers.mjs';
import { listProjects, root } from './lib/projects.mjs';

/** @typedef {import('../packages/testing/src/fuzz/index.ts')} Fuzz */
/** @typedef {import('../packages/testing/src/fuzz/index.ts').Supervisor} Supervisor */
/** @typedef {import('../packages/testing/src/fuzz/index.ts').RangeResult} RangeResult */
/** @typedef {RangeResult & { reader: string, seconds: number }} Row */

const usage = `usage: npm run fuzz -- --reader <name|all> [options]
       npm run fuzz -- --list

  --reader <name>    the reader to try, or all; may be given several times
  --count <n>        mutations of each reader (10000)
  --seed <n>         another seed gives other mutations (1)
  --from <n>         the first case (0)
  --case <n>         this case alone: prints its input, writes it, says what happens
  --sanitize         the native kernels with the compiler's sanitizers
  --list             lists the readers

Findings are written to out/fuzz/. The exit code is 1 where there are any.`;

const out = join(root, 'out', 'fuzz');
const MIB = 2 ** 20;

/** @param {string} message */
function refuse(message) {
  console.error(`fuzz: ${message}\n\n${usage}`);
  process.exit(2);
}

/**
 * @param {string} name
 * @param {string | undefined} text
 * @param {number} fallback
 * @returns {number}
 */
function wholeNumber(name, text, fallback) {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    refuse(`--${name} must be a whole number, got ${JSON.stringify(text)}`);
  return value;
}

/**
 * The fuzzer is TypeScript that is not built: it is bundled first.
 *
 * @returns {Promise<Fuzz>}
 */
async function loadFuzzer() {
  const source = join(root, 'packages/testing/src/fuzz/index.ts');
  const outfile = join(out, 'fuzz.mjs');
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(source).href) },
    logLevel: 'warning',
  });
  return import(pathToFileURL(outfile).href);
}

/**
 * Where readers may be: `test/fuzz/targets.ts` of each package. Those of the fuzzer itself are faulty on purpose.
 *
 * @returns {URL[]}
 */
function findModules() {
  return listProjects()
    .filter(({ directory }) => directory !== 'packages/testing')
    .map(({ directory }) => join(root, directory, 'test/fuzz/targets.ts'))
    .filter(path => existsSync(path))
    .map(path => pathToFileURL(path));
}

/**
 * @param {Supervisor} supervisor
 * @param {string} reader
 * @param {{ seed: number, from: number, count: number }} range
 * @returns {Promise<Row>}
 */
async function runReader(supervisor, reader, { seed, from, count }) {
  const begin = performance.now();
  let shown = begin;
  const onProgress = (/** @type {number} */ tried, /** @type {{ findings: number }} */ { findings }) => {
    const now = performance.now();
    if (now - shown < (process.stderr.isTTY ? 500 : 10_000) && shown !== begin) return;
    if (now - begin < 1000) return;
    shown = now;
    const rate = tried / ((now - begin) / 1000);
    const line = `${reader}: ${tried} of ${count}, ${rate.toFixed(0)}/s, ${findings} findings`;
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  };
  const result = await supervisor.run({ reader, seed, from, to: from + count }, { onProgress });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  return { ...result, reader, seconds: (performance.now() - begin) / 1000 };
}

/**
 * Writes an input beside what is known of it.
 *
 * @param {string} reader
 * @param {{ seed: number, index: number, input?: Uint8Array, text: string }} what
 * @returns {string} The input's path.
 */
function writeInput(reader, { seed, index, input, text }) {
  const path = join(out, `${reader}-seed-${seed}-case-${index}`);
  if (input) writeFileSync(`${path}.bin`, input);
  writeFileSync(`${path}.txt`, `${text}\n`);
  return relative(root, `${path}.${input ? 'bin' : 'txt'}`);
}

/** @param {readonly Row[]} rows */
function printTable(rows) {
  const cells = [
    ['reader', 'mutations', 'read', 'refused', 'findings', 'per second', 'peak MiB'],
    ...rows.map(({ reader, tried, read, refused, findings, seconds, peak }) => [
      reader,
      ...[tried, read, refused, findings, Math.round(tried / Math.max(seconds, 1e-3)), Math.ceil(peak / MIB)].map(
        String,
      ),
    ]),
  ];
  const sum = (/** @type {'tried' | 'read' | 'refused' | 'findings'} */ key) =>
    rows.reduce((total, row) => total + row[key], 0);
  if (rows.length > 1)
    cells.push(['all', ...[sum('tried'), sum('read'), sum('refused'), sum('findings')].map(String), '', '']);
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map(row => row[column]?.length ?? 0))) ?? [];
  for (const row of cells) {
    console.log(
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    );
  }
}

/** @returns {Promise<number>} The exit code. */
async function main() {
  const { values } = parseArgs({
    options: {
      reader: { type: 'string', multiple: true },
      ...Object.fromEntries(
        ['count', 'seed', 'from', 'case'].map(name => [name, { type: /** @type {const} */ ('string') }]),
      ),
      list: { type: 'boolean' },
      sanitize: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const options = /** @type {Record<string, string | undefined>} */ (values);
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const wanted = new Set(values.reader ?? []);
  if (!values.list && wanted.size === 0) refuse('which reader?');
  const seed = wholeNumber('seed', options['seed'], 1);
  const single = options['case'] === undefined ? undefined : wholeNumber('case', options['case'], 0);
  const from = single ?? wholeNumber('from', options['from'], 0);
  const count = single === undefined ? wholeNumber('count', options['count'], 10_000) : 1;

  if (values.sanitize) {
    const prepared = prepareSanitizers();
    if ('problem' in prepared) refuse(prepared.problem);
    // The processes that run the cases inherit them.
    else Object.assign(process.env, prepared.env);
  }
  mkdirSync(out, { recursive: true });
  const { createSupervisor, describeFinding } = await loadFuzzer();
  /** @type {Row[]} */
  const rows = [];
  /** @type {Set<string>} */
  const met = new Set();
  let faulty = false;
  console.error(`fuzz: seed ${seed}, Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown processor'}`);
  for (const module of findModules()) {
    const supervisor = await createSupervisor(module);
    const place = relative(root, fileURLToPath(module));
    try {
      for (const reader of await supervisor.readers()) {
        met.add(reader);
        if (values.list) console.log(`${reader.padEnd(20)} ${place}`);
        if (values.list || !(wanted.has('all') || wanted.has(reader))) continue;
        if (single !== undefined) {
          const input = await supervisor.input(reader, seed, single);
          const path = writeInput(reader, {
            seed,
            index: single,
            input,
            text: `${reader}, seed ${seed}, case ${single}`,
          });
          console.log(
            `${input.length} bytes, written to ${path}\n${JSON.stringify(Buffer.from(input).toString('latin1').slice(0, 2000))}`,
          );
        }
        try {
          const row = await runReader(supervisor, reader, { seed, from, count });
          rows.push(row);
          for (const finding of row.list) {
            const text = describeFinding(finding);
            console.log(
              `finding: ${text}\n  input: ${writeInput(reader, { ...finding, text: `${text}\n\n${finding.detail}` })}`,
            );
          }
          if (row.tried < count)
            console.log(`${reader}: given up after ${row.tried} mutations, since it ended its process too often`);
        } catch (error) {
          faulty = true;
          console.log(error instanceof Error ? error.message : String(error));
        }
      }
    } catch (error) {
      faulty = true;
      console.log(`${place}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await supervisor.dispose();
    }
  }
  const unknown = [...wanted].filter(name => name !== 'all' && !met.has(name));
  if (unknown.length > 0)
    refuse(`no reader is called ${unknown.join(', ')}; there are ${[...met].join(', ') || 'none'}`);
  if (!values.list) printTable(rows);
  return faulty || rows.some(({ findings }) => findings > 0) ? 1 : 0;
}

process.exitCode = await main();
