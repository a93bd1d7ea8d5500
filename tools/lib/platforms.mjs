import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { serveRegistry } from './local-registry.mjs';
import { namedBlocks } from './named-blocks.mjs';
import { packAll } from './pack.mjs';
import { root } from './projects.mjs';
import { loadReadmeTools, start } from './readmes.mjs';
import { nx } from './run.mjs';

/**
 * A program that runs scripts, as a package of npm.
 *
 * @typedef {object} Platform
 * @property {string} name
 * @property {string} wanted The package with its version.
 * @property {string} program The executable in its folder of `node_modules`.
 * @property {readonly string[]} args In front of the script.
 */

/** @type {readonly Platform[]} */
export const platforms = [
  ...['20.19.0', '22.23.3', '24.21.0'].map(version => ({
    name: `Node ${version}`,
    wanted: `node@${version}`,
    program: 'node/bin/node',
    args: [],
  })),
  { name: 'Deno 2.9.6', wanted: 'deno@2.9.6', program: '.bin/deno', args: ['run', '--allow-all'] },
  { name: 'Bun 1.4.5', wanted: 'bun@1.4.5', program: '.bin/bun', args: [] },
];

/** The document whose scripts are run. */
export const guide = join(root, 'docs/platforms.md');

/**
 * Runs the scripts of the document in each program, from packed packages, and prints a line for each.
 *
 * @param {string} folder An empty one.
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function tryPlatforms(folder) {
  const built = nx(['run-many', '-t', 'build']);
  if (!built.ok) throw new Error(built.output);
  const tools = await loadReadmeTools();
  const markdown = readFileSync(guide, 'utf8');
  const registry = await serveRegistry(packAll(join(folder, 'tarballs')));
  const home = join(folder, 'home');
  mkdirSync(home);
  const totals = { passed: 0, failed: 0 };
  try {
    writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
    writeFileSync(join(home, '.npmrc'), registry.npmrc);
    writeFileSync(join(home, 'cat.png'), tools.picture(24, 16));
    for (const line of tools.installLines(markdown)) await install(line.split(/\s+/), home);
    const scripts = [...namedBlocks(markdown)].filter(([name]) => /\.[cm]js$/.test(name));
    for (const [name, text] of scripts) writeFileSync(join(home, name), text);
    for (const { name, wanted, program, args } of platforms) {
      const place = join(folder, name.replace(' ', '-'));
      mkdirSync(place);
      writeFileSync(join(place, 'package.json'), '{ "private": true }\n');
      // Their install scripts put the executable in its place.
      await install([wanted, '--ignore-scripts=false'], place);
      const executable = join(place, 'node_modules', program);
      for (const [script, text] of scripts) {
        const { ok, printed, output } = await start(executable, [...args, script], home);
        const promised = tools.promisedLines(text);
        const right = ok && stripVTControlCharacters(printed).trim() === promised.join('\n');
        console.log(`${right ? 'passed' : 'failed'}: ${script} in ${name}${right ? '' : `\n${output.trimEnd()}`}`);
        totals[right ? 'passed' : 'failed'] += 1;
      }
    }
  } finally {
    await registry.close();
  }
  return totals;
}

/**
 * @param {readonly string[]} wanted
 * @param {string} cwd
 */
async function install(wanted, cwd) {
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const { ok, output } = await start('npm', ['install', ...quiet, ...wanted], cwd);
  if (!ok) throw new Error(`npm install ${wanted.join(' ')} failed\n${output}`);
}
