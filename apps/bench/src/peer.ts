/** @file The entry of the peers in JavaScript: `node peer.js <name>`. */
import { backendNames } from './peers/backends.ts';
import { createFieldPeer } from './peers/field-peer.ts';
import { createJaxJsPeer } from './peers/jax-js-peer.ts';
import { offerToDie } from './peers/peak-memory.ts';
import { servePeer } from './peers/peer.ts';

const [name = ''] = process.argv.slice(2);
const backend = backendNames.find(each => each === name);
offerToDie();
await servePeer(async () => {
  if (backend !== undefined) return createFieldPeer(backend);
  if (name === 'jax-js') return createJaxJsPeer();
  throw new RangeError(`peer: no peer '${name}'; there are ${[...backendNames, 'jax-js'].join(', ')}`);
});
// Threads and devices may keep a process alive.
process.exit(0);
