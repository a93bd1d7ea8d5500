/** @file The entry of the peers in JavaScript: `node peer.js <name>`. */
import { offerToDie } from './peers/peak-memory.ts';
import { servePeer } from './peers/peer.ts';

const [name = ''] = process.argv.slice(2);
offerToDie();
await servePeer(async () => {
  // Each only where it is asked for: what one needs may be missing, and the others do without it.
  if (name === 'jax-js') return (await import('./peers/jax-js-peer.ts')).createJaxJsPeer();
  const { backendNames } = await import('./peers/backends.ts');
  const backend = backendNames.find(each => each === name);
  if (backend === undefined) throw new RangeError(`peer: no peer '${name}'; there are ${[...backendNames, 'jax-js'].join(', ')}`);
  return (await import('./peers/field-peer.ts')).createFieldPeer(backend);
});
// Threads and devices may keep a process alive.
process.exit(0);
