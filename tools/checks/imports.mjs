import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { listProjects, root } from '../lib/projects.mjs';
import { nx } from '../lib/run.mjs';
import { cycleErrors } from './import-cycles.mjs';
import { edgeErrors, importErrors } from './import-rules.mjs';

/** @typedef {import('./import-rules.mjs').SourceFile} SourceFile */
/** @typedef {import('./import-rules.mjs').Edge} Edge */

/**
 * Checks that packages depend on each other only in the allowed directions, by nx's graph and by every import
 * statement, and that within a package nothing imports itself in a circle.
 *
 * @returns {{ ok: boolean, output: string }}
 */
export function checkImports() {
  const projects = listProjects();
  const files = projects.flatMap(({ directory }) => sourceFiles(directory));
  const errors = [
    ...edgeErrors(projects, graphEdges()),
    ...importErrors(projects, files),
    ...cycleErrors(projects, files),
  ];
  return { ok: errors.length === 0, output: errors.join('\n') };
}

/**
 * @param {string} directory
 * @returns {SourceFile[]}
 */
function sourceFiles(directory) {
  return ['src', 'test', 'bench', '.'].flatMap(folder => {
    const entries = readFolder(join(root, directory, folder), folder !== '.');
    return entries
      .filter(entry => /\.(ts|tsx|mjs|js)$/.test(entry))
      .map(entry => {
        const path = folder === '.' ? `${directory}/${entry}` : `${directory}/${folder}/${entry}`;
        const { importedFiles } = ts.preProcessFile(readFileSync(join(root, path), 'utf8'), true, true);
        return { path, imports: importedFiles.map(({ fileName }) => fileName) };
      });
  });
}

/**
 * @param {string} folder
 * @param {boolean} recursive
 * @returns {string[]} Paths of files relative to the folder, with forward slashes; none where there is no such folder.
 */
function readFolder(folder, recursive) {
  try {
    return readdirSync(folder, { recursive, encoding: 'utf8' }).map(entry => entry.replaceAll('\\', '/'));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * @returns {Edge[]}
 */
function graphEdges() {
  const file = join(tmpdir(), `neural-fields-graph-${process.pid}.json`);
  const { ok, output } = nx(['graph', `--file=${file}`]);
  if (!ok) throw new Error(`nx graph failed\n${output}`);
  const { graph } = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(file);
  return Object.values(graph.dependencies).flatMap(edges =>
    edges.map((/** @type {{ source: string, target: string }} */ { source, target }) => [source, target]),
  );
}
