/** @file The programs that are compared, and how each is started. */
import { fileURLToPath } from 'node:url';
import type { PeerCommand } from './peer-process.ts';

/** A program that takes part. */
export interface PeerDefinition {
  readonly name: string;
  /** In a few words, for tables. */
  readonly title: string;
  /** How it is started; this may take a while when it is not installed yet. @throws Error with the reason when it cannot be had here */
  command(context: PeerContext): Promise<PeerCommand>;
}

/** What starting a peer may need. */
export interface PeerContext {
  /** Makes a Python that has the requirements in `python/requirements-<name>.txt`, and gives its interpreter. */
  python(name: string): Promise<string>;
}

const entry = fileURLToPath(new URL('../../dist/peer.js', import.meta.url));

/** A file of {@link pythonFolder}. */
export const pythonFile = (name: string): string => fileURLToPath(new URL(`../../python/${name}`, import.meta.url));

const javascript = (name: string, title: string): PeerDefinition => ({
  name,
  title,
  command: async () => ({ program: process.execPath, args: [entry, name] }),
});

/** @param how what the peer's script is told */
const python = (library: string, title: string, ...how: readonly string[]): PeerDefinition => ({
  name: [library, ...how].join('-'),
  title,
  command: async ({ python: interpreterFor }) => ({
    program: await interpreterFor(library),
    args: [pythonFile(`${library}_peer.py`), ...how],
  }),
});

/** Every peer, in the order of tables. */
export const peerDefinitions: readonly PeerDefinition[] = [
  javascript('simd', 'this project on simd'),
  python('pytorch', 'PyTorch'),
  python('pytorch', 'PyTorch, all points at once', 'whole'),
  python('jax', 'JAX'),
  javascript('tensorflow', 'this project on tfjs-node'),
  javascript('webgpu', 'this project on WebGPU'),
  javascript('wasm', "this project on tfjs's wasm"),
  javascript('cpu', "this project on tfjs's cpu"),
  javascript('jax-js', 'jax-js on WebAssembly'),
];
