/** @file What tests of whole runs share. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RunProgress } from '../src/progress.ts';
import { type PeerDefinition, peerDefinitions } from '../src/speed/peers.ts';
import type { SpeedSettings } from '../src/speed/run-speed.ts';

/** Is removed after the test. */
export const emptyFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'neural-fields-bench-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** Peers as the program has them. */
export const named = (...names: string[]): PeerDefinition[] =>
  names.map(name => peerDefinitions.find(peer => peer.name === name)!);

/** A progress that says nothing. */
export const silent: RunProgress = {
  advance: () => undefined,
  log: () => undefined,
  warn: () => undefined,
  stop: () => undefined,
};

/** A small and silent run. */
export const optionsFor = (output: string, changes: Partial<SpeedSettings>): SpeedSettings => ({
  widths: [8],
  points: [64, 100],
  supervisions: ['value', 'gradient', 'laplacian'],
  peers: named('simd', 'cpu'),
  rounds: 2,
  stepLimit: 20,
  output,
  pythonFolder: join(output, 'python'),
  command: 'npm run bench -- <test>',
  signal: new AbortController().signal,
  progress: silent,
  ...changes,
});
