import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from '../lib/projects.mjs';
import { forEachTarball } from './tarballs.mjs';

/** The line of a README that says how large the package is. */
const LINE = /<!-- size -->.*<!-- \/size -->/;
/** A README may be off by this part: not every change should touch it. */
const TOLERANCE = 0.05;

/**
 * Compares the sizes that READMEs say with those of the packed packages: everything that a package exports from its
 * main module, bundled, minified and gzipped, and its files unpacked; both without dependencies.
 *
 * @param {{ write?: boolean }} [options] Whether READMEs that are off are corrected.
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export async function checkSizes({ write = false } = {}) {
  /** @type {{ directory: string, installed: number }[]} */
  const packed = [];
  const { ok, output } = forEachTarball(({ tarball, project: { directory } }) => {
    if (directory.startsWith('packages/')) packed.push({ directory, installed: unpackedSize(readFileSync(tarball)) });
    return { ok: true, output: '' };
  });
  if (!ok) return { ok, output };
  const problems = [];
  for (const { directory, installed } of packed) {
    const sizes = { gzipped: await bundledSize(join(root, directory, 'dist/index.js')), installed };
    const file = join(root, directory, 'README.md');
    const text = readFileSync(file, 'utf8');
    const [line] = LINE.exec(text) ?? [];
    if (line !== undefined && isClose(line, sizes)) continue;
    if (line !== undefined && write) writeFileSync(file, text.replace(LINE, describe(sizes)));
    else problems.push(`${directory}/README.md: must say ${describe(sizes)}, says ${line ?? 'nothing'}`);
  }
  return {
    ok: problems.length === 0,
    output: problems
      .map(problem => `${problem}\n`)
      .concat('`npm run sizes` corrects it\n')
      .join(''),
  };
}

/**
 * @typedef {object} Sizes
 * @property {number} gzipped In bytes.
 * @property {number} installed In bytes.
 */

/** @param {Sizes} sizes */
const describe = ({ gzipped, installed }) =>
  `<!-- size -->${kilobytes(gzipped)} kB gzipped, ${kilobytes(installed)} kB installed, without dependencies<!-- /size -->`;

/** @param {number} bytes */
const kilobytes = bytes => (bytes < 10_000 ? (bytes / 1000).toFixed(1) : Math.round(bytes / 1000).toString());

/**
 * @param {string} line
 * @param {Sizes} sizes
 */
export function isClose(line, { gzipped, installed }) {
  const [, first, second] = /-->([\d.]+) kB gzipped, ([\d.]+) kB installed/.exec(line) ?? [];
  const isNear = (/** @type {string | undefined} */ said, /** @type {number} */ real) =>
    Math.abs(Number(said) * 1000 - real) <= TOLERANCE * real;
  return isNear(first, gzipped) && isNear(second, installed);
}

/** @param {string} entry */
async function bundledSize(entry) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length;
}

/**
 * The sum of the sizes in the headers of a tar archive.
 *
 * @param {Uint8Array} tarball Gzipped.
 */
export function unpackedSize(tarball) {
  const archive = gunzipSync(tarball);
  let total = 0;
  for (let at = 0; at < archive.length && archive[at] !== 0; ) {
    const size = Number.parseInt(archive.toString('latin1', at + 124, at + 136), 8);
    total += size;
    at += 512 * (1 + Math.ceil(size / 512));
  }
  return total;
}
