import { listPublicProjects } from '../lib/projects.mjs';
import { run } from '../lib/run.mjs';

/**
 * Checks that a change to a public package comes with a changeset, and that every changeset names packages that exist.
 * The change is what came after the main branch; where that branch is not at hand, as in a shallow clone, only the
 * names are checked.
 *
 * @returns {{ ok: boolean, output: string }}
 */
export function checkChangesets() {
  const nothing = { ok: true, output: '' };
  if (!run('git', ['rev-parse', 'HEAD']).ok) return nothing;
  const base = ['origin/main', 'main'].find(branch => run('git', ['merge-base', branch, 'HEAD']).ok) ?? 'HEAD';
  return isRelease(base) ? nothing : run('changeset', ['status', `--since=${base}`]);
}

/**
 * Whether the versions were raised after `base`: that change uses the changesets up.
 *
 * @param {string} base
 * @returns {boolean}
 */
function isRelease(base) {
  return listPublicProjects().some(({ directory, manifest }) => {
    const { ok, printed } = run('git', ['show', `${base}:${directory}/package.json`]);
    return ok && JSON.parse(printed).version !== manifest.version;
  });
}
