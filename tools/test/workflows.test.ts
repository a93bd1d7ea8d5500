import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readManifest, root } from '../lib/projects.mjs';
import { orderByDependencies } from '../lib/release.mjs';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly steps: readonly Step[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: string;
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = join(root, '.github/workflows');
const workflows = readdirSync(folder).map(file => {
  const text = readFileSync(join(folder, file), 'utf8');
  return { file, text, workflow: parse(text) as Workflow };
});
const jobs = workflows.flatMap(({ file, workflow }) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({
    name: `${file}: ${name}`,
    job,
    permissions: job.permissions ?? workflow.permissions,
  })),
);

/**
 * Whether a job runs what could be changed through a dependency or a pull request: a script of this repository, an
 * installation.
 */
const runsOurCode = ({ steps }: Job): boolean =>
  steps.some(
    ({ run }) => run !== undefined && /\btools\/|\.ci\/|\bp?npm (?!view|publish\b)|\bnpx\b|\bnode [^-]/.test(run),
  );

describe('workflows', () => {
  it('name every action by its commit', () => {
    const used = jobs.flatMap(({ job }) => job.steps.flatMap(({ uses }) => uses ?? []));
    expect(used.length).toBeGreaterThan(5);
    for (const uses of used) expect(uses).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/);
    // One commit for each action, and the version that it stands for beside it.
    expect(new Set(used).size).toBe(new Set(used.map(uses => uses.split('@')[0])).size);
    for (const { text } of workflows) {
      for (const line of text.split('\n').filter(each => each.includes('uses:')))
        expect(line).toMatch(/# v\d+\.\d+\.\d+$/);
    }
  });

  it('know no secrets: packages are published by the identity of the workflow', () => {
    for (const { text } of workflows) expect(text).not.toMatch(/\bsecrets\b|NPM_TOKEN|NODE_AUTH_TOKEN/);
  });

  it.each(jobs)('$name may read at most where it runs code of this repository', ({ job, permissions }) => {
    expect(permissions).toBeDefined();
    if (!runsOurCode(job)) return;
    expect(permissions).toEqual({ contents: 'read' });
    expect(JSON.stringify(job)).not.toContain('github.token');
  });

  it('keep no credentials in a checkout', () => {
    const checkouts = jobs.flatMap(({ job }) => job.steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')));
    expect(checkouts.length).toBeGreaterThan(1);
    for (const { with: options } of checkouts) expect(options?.['persist-credentials']).toBe(false);
  });

  it('publish in one job, which waits for leave, checks nothing out and runs no scripts', () => {
    const publishing = jobs.filter(({ job }) => job.steps.some(({ run }) => run?.includes('npm publish')));
    expect(publishing.map(({ name }) => name)).toEqual(['release.yml: publish']);
    const { job, permissions } = publishing[0] as (typeof jobs)[number];
    expect(job.environment).toBe('release');
    expect(permissions).toEqual({ 'id-token': 'write' });
    expect(runsOurCode(job)).toBe(false);
    expect(job.steps.some(({ uses }) => uses?.startsWith('actions/checkout@'))).toBe(false);
    for (const { run } of job.steps)
      if (run?.includes('npm publish')) expect(run).toContain('--ignore-scripts --provenance');
    // Nobody else gets the identity with which packages are published.
    expect(jobs.filter(each => each.permissions?.['id-token']).map(({ name }) => name)).toEqual([
      'release.yml: publish',
    ]);
  });

  it('use the package manager whose content the manifest names', () => {
    expect(readManifest('.').packageManager).toMatch(/^pnpm@\d+\.\d+\.\d+\+sha512\.[0-9a-f]{128}$/);
  });
});

describe('orderByDependencies', () => {
  const project = (name: string, dependencies: Record<string, string> = {}) => ({
    directory: name,
    manifest: { name, version: '1.0.0', dependencies },
  });

  it('puts a package after what it depends on', () => {
    const order = orderByDependencies([
      project('app', { core: '1', add: '1', other: '1' }),
      project('add', { core: '1' }),
      project('core'),
    ]);
    expect(order).toEqual(['core', 'add', 'app']);
  });

  it('refuses a circle', () => {
    expect(() => orderByDependencies([project('a', { b: '1' }), project('b', { a: '1' })])).toThrow('a, b');
  });
});
