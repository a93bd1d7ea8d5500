/**
 * @file The entry point of the peers in JavaScript: `node peer.js <name>` for steps of one field, `node peer.js <name>
 * <way>` for many fields, `node peer.js <name> quality` for whole fits, `node peer.js <name> networks <threads>` for
 * the comparison of networks.
 */
import type { BackendName } from './peers/backends.ts';
import { preferAsOomVictim } from './peers/peak-memory.ts';
import { servePeer } from './peers/peer.ts';

const [name = '', way, threads] = process.argv.slice(2);
const backendNamed = async (): Promise<BackendName> => {
  const { backendNames } = await import('./peers/backends.ts');
  const backend = backendNames.find(each => each === name);
  if (backend === undefined)
    throw new RangeError(`peer: no peer '${name}'; there are ${[...backendNames, 'jax-js'].join(', ')}`);
  return backend;
};
preferAsOomVictim();
// Each is loaded only when it is used: a package that one of them needs may be missing.
if (way === 'quality') await (await import('./peers/quality-peer.ts')).serveQualityPeer(backendNamed);
else if (way === 'networks')
  await (await import('./peers/networks-peer.ts')).serveNetworksPeer(
    backendNamed,
    threads === undefined ? undefined : Number(threads),
  );
else if (way !== undefined)
  await servePeer(async () => (await import('./peers/fields-peer.ts')).createFieldsPeer(await backendNamed(), way));
else
  await servePeer(async () => {
    if (name === 'jax-js') return (await import('./peers/jax-js-peer.ts')).createJaxJsPeer();
    return (await import('./peers/field-peer.ts')).createFieldPeer(await backendNamed());
  });
// Threads and devices may keep a process alive.
process.exit(0);
