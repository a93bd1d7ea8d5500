import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { it } from 'vitest';
import { jetContract } from './jet-contract.ts';

const installed = new URL('../../../../out/tfjs-node/', import.meta.url);

if (existsSync(installed)) {
  // Registers the backend `tensorflow`; tfjs keeps its registry in one place for all copies of tfjs-core.
  createRequire(installed)('@tensorflow/tfjs-node');
  jetContract('tensorflow');
} else {
  it('jets on tensorflow', context =>
    context.skip('needs tfjs-node, which `node tools/tfjs-node.mjs` puts into out/tfjs-node'));
}
