/**
 * @file The Python that the peers in Python run on: a virtual environment of this program's own, made when it is first
 * needed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of the environments, the requirements of one peer, and the log. */
export interface PythonOptions {
  /** Git-ignored. One environment for each peer is made inside. */
  readonly folder: string;
  /** The name of the peer. */
  readonly name: string;
  /** A file of pinned requirements. */
  readonly requirements: string;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Runs a program to completion. @throws Error with its last line when it fails */
const run = (program: string, args: readonly string[], signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], signal });
    let errorText = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errorText = (errorText + text).slice(-4000);
    });
    child.on('error', reject);
    child.on('close', code => {
      if (code === 0) return resolve();
      const lines = errorText.trim().split('\n');
      const line = lines.find(each => /^error/i.test(each)) ?? lines.at(-1) ?? '';
      reject(new Error(line === '' ? `${program} ended with code ${code}` : line));
    });
  });

const windows = process.platform === 'win32';
const markerOf = ({ folder, name }: Pick<PythonOptions, 'folder' | 'name'>): string =>
  join(folder, name, 'installed.txt');

/** Whether there is an environment that has the requirements. */
export const hasPython = ({
  requirements,
  ...place
}: Pick<PythonOptions, 'folder' | 'name' | 'requirements'>): boolean => {
  const marker = markerOf(place);
  return existsSync(marker) && readFileSync(marker, 'utf8') === readFileSync(requirements, 'utf8');
};

/**
 * The interpreter of an environment that has the requirements. pip finds packages where its own configuration says.
 *
 * @throws Error with the reason when Python is missing or pip cannot install
 */
export const setUpPython = async (options: PythonOptions): Promise<string> => {
  const { folder, name, requirements, log, signal } = options;
  const home = join(folder, name);
  const interpreter = windows ? join(home, 'Scripts', 'python.exe') : join(home, 'bin', 'python');
  if (hasPython(options)) return interpreter;
  const wanted = readFileSync(requirements, 'utf8');
  const system = windows ? 'python' : 'python3';
  await run(system, ['-c', 'import venv, ensurepip'], signal).catch(cause => {
    signal.throwIfAborted();
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(
      missing
        ? `${system} is not installed`
        : `${system} cannot make virtual environments: ${(cause as Error).message}`,
      { cause },
    );
  });
  log(`installing ${wanted.trim().split('\n').join(', ')} into ${home}; this happens once, and takes some minutes`);
  rmSync(home, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    await run(system, ['-m', 'venv', home], signal);
    await run(
      interpreter,
      ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements],
      signal,
    );
  } catch (cause) {
    signal.throwIfAborted();
    throw new Error(`pip could not install ${name}: ${(cause as Error).message}`, { cause });
  }
  writeFileSync(markerOf(options), wanted);
  return interpreter;
};
