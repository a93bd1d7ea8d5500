/** @file The programs that fit signals, and how each is started. */
import { peerEntry } from '../files.ts';
import { type PeerDefinition, pythonPeer } from '../speed/peers.ts';
import type { QualityPeer } from './trial.ts';

const own = (name: QualityPeer, title: string): PeerDefinition => ({
  name,
  title,
  command: async () => ({ program: process.execPath, args: [peerEntry, name, 'quality'] }),
});

/** Every peer, in the order of tables. */
export const qualityPeerDefinitions: readonly PeerDefinition[] = [
  own('native', 'this project on native kernels'),
  own('simd', 'this project on simd'),
  pythonPeer('pytorch', 'quality_pytorch_peer.py', 'PyTorch', []),
];
