/** @file The programs that train many small fields, and how each is started. */
import { peerEntry, pythonFile } from '../files.ts';
import type { PeerDefinition } from '../speed/peers.ts';

const own = (name: string, backend: string, title: string, way: string): PeerDefinition => ({
  name,
  title,
  command: async () => ({ program: process.execPath, args: [peerEntry, backend, way] }),
});

/** glibc hands large pieces of memory back at once, and every step has to get them anew, page by page. */
const keepMemory = { MALLOC_MMAP_THRESHOLD_: '1073741824', MALLOC_TRIM_THRESHOLD_: '17179869184' };

/** @param how what the peer's script is told */
const python = (library: string, title: string, ...how: readonly string[]): PeerDefinition => ({
  name: [library, ...how].join('-'),
  title,
  command: async ({ python: interpreterFor }) => ({
    program: await interpreterFor(library),
    args: [pythonFile(`fields_${library}_peer.py`), ...how],
    env: keepMemory,
  }),
});

/** Every peer, in the order of tables. */
export const fieldsPeers: readonly PeerDefinition[] = [
  own('native', 'native', 'this project on native kernels', 'batch'),
  own('simd', 'simd', 'this project', 'batch'),
  own('simd-loop', 'simd', 'this project, field by field', 'loop'),
  python('pytorch', 'PyTorch, batched products by hand', 'bmm'),
  python('pytorch', 'PyTorch, torch.func.vmap', 'vmap'),
  python('pytorch', 'PyTorch, batched products, compiled', 'bmm', 'compiled'),
  python('pytorch', 'PyTorch, torch.func.vmap, compiled', 'vmap', 'compiled'),
  python('jax', 'JAX, vmap under jit'),
];
