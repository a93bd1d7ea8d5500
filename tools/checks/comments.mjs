import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/projects.mjs';
import { run } from '../lib/run.mjs';

const MAX_COLUMNS = 120;

/** Prose of a comment; lines that are indented further are formulas and code. */
const isProse = /^\s*(\/\*\*|\*|\/\/)(?! {5})/;
/** A tag of a documentation comment behind other words of its line. */
const hasTagInside = /^\s*\* .*\S @(param|returns|throws) /;

/**
 * Checks what the formatter leaves alone: comments within 120 columns, and each tag of a documentation comment of
 * several lines on a line of its own.
 *
 * @returns {string[]}
 */
export function commentErrors() {
  const { ok, output } = run('git', ['ls-files', '*.ts', '*.mjs', '*.c', '*.h']);
  if (!ok) return [];
  return output
    .split('\n')
    .filter(Boolean)
    .flatMap(file => errorsOf(file, readFileSync(join(root, file), 'utf8')));
}

/**
 * @param {string} file
 * @param {string} text
 * @returns {string[]}
 */
function errorsOf(file, text) {
  return text.split('\n').flatMap((line, i) => {
    if (line.length > MAX_COLUMNS && isProse.test(line)) return [`${file}:${i + 1} is a comment beyond column 120`];
    return hasTagInside.test(line) ? [`${file}:${i + 1} has a tag that should begin a line`] : [];
  });
}
