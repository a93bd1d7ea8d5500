/** @file The same fit in PyTorch, in a process of its own: `python/grid_pytorch_peer.py`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pythonFile } from '../files.ts';
import type { GridPeer, GridTurn } from './grid-peer.ts';

/** What the script reads first. */
export interface TorchGridSettings {
  /** A file of float32 values, row by row. */
  readonly picture: string;
  readonly shape: readonly number[];
  readonly levels: number;
  readonly features: number;
  readonly log2HashmapSize: number;
  readonly base: number;
  readonly finest: number;
  readonly hidden: number;
  readonly layers: number;
  readonly batch: number;
  readonly rate: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly seed: number;
  readonly threads: number;
}

/** The lines that a process prints. @throws Error with the last line of its errors when it ends */
const readLines = (child: ChildProcess): (() => Promise<unknown>) => {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  let errorText = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errorText = (errorText + text).slice(-2000);
  });
  return async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`PyTorch ended: ${errorText.trim().split('\n').at(-1) ?? ''}`);
    return JSON.parse(value as string);
  };
};

/** Starts PyTorch. @throws Error when it fails */
export const startTorchGrid = async (
  interpreter: string,
  settings: TorchGridSettings,
  signal: AbortSignal,
): Promise<GridPeer> => {
  const child = spawn(interpreter, [pythonFile('grid_pytorch_peer.py')], { stdio: 'pipe', signal });
  const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error));
  failed.catch(() => {});
  const next = readLines(child);
  const ask = (request: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    return Promise.race([next(), failed]);
  };
  const { version, lookup } = (await ask(settings)) as { readonly version: string; readonly lookup: string };
  return {
    name: `PyTorch ${version} (${lookup})`,
    turn: async steps => (await ask({ steps })) as GridTurn,
    dispose: () => child.kill(),
  };
};
