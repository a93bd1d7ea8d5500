import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './projects.mjs';

/** @typedef {import('../result-reporter.ts').Outcome} Outcome */

/**
 * The outcomes of one package's tests.
 *
 * @typedef {object} ProjectOutcomes
 * @property {string} project The folder of the package.
 * @property {Outcome[]} outcomes
 */

/**
 * @param {string} directory Of a package, relative to the root.
 * @returns {string} The file in which its tests leave their outcomes.
 */
function resultFile(directory) {
  return join(root, directory, '.test', 'results.json');
}

/**
 * Removes the outcomes of earlier runs, so that none can be taken for a new one.
 *
 * @param {readonly string[]} directories
 */
export function forgetResults(directories) {
  for (const directory of directories) rmSync(resultFile(directory), { force: true });
}

/**
 * Reads what the tests of some packages left. A package without a result file counts as one failure: its tests never
 * came to an end.
 *
 * @param {readonly string[]} directories
 * @returns {ProjectOutcomes[]}
 */
export function readResults(directories) {
  return directories.map(directory => {
    const file = resultFile(directory);
    const outcomes = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [lost];
    return { project: directory, outcomes };
  });
}

/** @type {Outcome} */
const lost = {
  name: 'test run',
  state: 'failed',
  reason: 'it wrote no results: it could not start, because of an earlier failure, or it was killed',
};

/**
 * A report in plain lines: one for each package, then every skipped and every failed test with the first line of its
 * reason. The rest stands in the output of the tests.
 *
 * @param {readonly ProjectOutcomes[]} results
 * @returns {{ lines: string[], passed: number, failed: number }}
 */
export function summarise(results) {
  const totals = results.map(({ project, outcomes }) => {
    const { passed, failed, skipped } = count(outcomes);
    return `${project}: ${passed} passed, ${failed} failed, ${skipped} skipped`;
  });
  const skipped = listed(results, 'skipped');
  const failures = listed(results, 'failed');
  const { passed, failed } = count(results.flatMap(({ outcomes }) => outcomes));
  return { lines: [...totals, ...skipped, ...failures], passed, failed };
}

/**
 * @param {readonly Outcome[]} outcomes
 * @returns {Record<Outcome['state'], number>}
 */
function count(outcomes) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { state } of outcomes) counts[state] += 1;
  return counts;
}

/**
 * @param {readonly ProjectOutcomes[]} results
 * @param {Outcome['state']} state
 * @returns {string[]}
 */
function listed(results, state) {
  return results.flatMap(({ project, outcomes }) =>
    outcomes
      .filter(outcome => outcome.state === state)
      .map(({ name, reason }) => `${state}: ${project}/${name}: ${reason?.split('\n')[0]}`),
  );
}
