/** @file Runs built programs like a user, each in its own process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** The result of a finished run. */
export interface Finished {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that is running. */
export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Waits until stdout and stderr together match. */
  saw(pattern: RegExp): Promise<void>;
}

/** The working directory of the program, and options for Node. */
export interface RunOptions {
  readonly cwd: string;
  readonly nodeOptions?: string;
}

/** Starts a program in Node. */
export const startProgram = (
  entry: string,
  args: readonly string[],
  { cwd, nodeOptions = '' }: RunOptions,
): Running => {
  const child = spawn(process.execPath, [entry, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    // pnpm's launchers set NODE_PATH, which exposes every package of the workspace to programs.
    env: { ...process.env, NODE_PATH: '', NODE_OPTIONS: nodeOptions },
  });
  const text = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk;
      for (const watcher of watchers) watcher();
    });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...text }));
  });
  const saw = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!pattern.test(text.stdout + text.stderr)) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
      void finished.then(({ stdout, stderr }) =>
        reject(new Error(`the program ended before ${pattern}:\n${stdout}${stderr}`)),
      );
    });
  return { child, finished, saw };
};

/** An empty folder that is removed after the test. */
export const emptyFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'neural-fields-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** Parses the output of `--json`. */
export const jsonLines = ({ stdout }: Pick<Finished, 'stdout'>): Record<string, unknown>[] =>
  stdout
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Record<string, unknown>);
