import { run } from '../lib/run.mjs';

/**
 * Checks that a change to a public package comes with a changeset, and that every changeset names packages that exist. The change is
 * what came after the main branch; where that branch is not at hand, as in a shallow clone, only the names are checked.
 *
 * @returns {{ ok: boolean, output: string }}
 */
export function checkChangesets() {
  const base = ['origin/main', 'main'].find(branch => run('git', ['merge-base', branch, 'HEAD']).ok) ?? 'HEAD';
  if (!run('git', ['rev-parse', 'HEAD']).ok) return { ok: true, output: '' };
  return run('changeset', ['status', `--since=${base}`]);
}
