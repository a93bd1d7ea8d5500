/** @file The programs that train many small fields, and how each is started. */
import { peerEntry } from '../files.ts';
import { type PeerDefinition, pythonPeer } from '../speed/peers.ts';

const own = (name: string, backend: string, title: string, way: string): PeerDefinition => ({
  name,
  title,
  command: async () => ({ program: process.execPath, args: [peerEntry, backend, way] }),
});

const python = (library: string, title: string, ...how: readonly string[]): PeerDefinition =>
  pythonPeer(library, `fields_${library}_peer.py`, title, how);

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
