// Prints the CPU time per point of each encoding in space, on all threads of the backend `native`: of its value, and of
// its value with first derivatives. The packages must be built first.
//
//     npm run build && cd packages/encodings && npm run bench -- [points] [part of a name]
import { cpus } from 'node:os';
import { createField, parseSpec } from '@neural-fields/core';
import * as own from '@neural-fields/encodings';
import '@neural-fields/kernels-native';
import { enableProdMode, ready, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { costCases } from './cost-cases.mjs';

// Keeps tfjs from advertising its native backend.
enableProdMode();
await setBackend('native');
await ready();

const count = Number(process.argv[2] ?? 2 ** 17);
const part = process.argv[3] ?? '';
const REPETITIONS = 8;
const extensions = { layers: own.encodings };
const random = (() => {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
})();
const coords = tensor2d(
  Float32Array.from({ length: 3 * count }, () => random()),
  [count, 3],
);

/** The CPU time of a function in nanoseconds per point: the smallest of some repetitions, after one to warm up. */
const cost = run => {
  run();
  const times = Array.from({ length: REPETITIONS }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (1000 * (user + system)) / count;
  });
  return Math.round(Math.min(...times));
};

const dispose = jet => {
  for (const tensor of Object.values(jet)) tensor.dispose();
};

console.log(`${cpus()[0]?.model ?? 'unknown cpu'}, Node ${process.version}, ${count} points`);
console.log('encoding | features | parameters | ns, value | ns, with first derivatives');
for (const [name, encoding] of Object.entries(costCases(own)).filter(([key]) => key.includes(part))) {
  const field = createField(parseSpec({ inFeatures: 3, layers: [encoding] }, extensions), { seed: 1, extensions });
  const value = cost(() => field.evaluate(coords).dispose());
  const gradient = cost(() => dispose(field.jet(coords, { gradient: true })));
  console.log([name, field.outFeatures, field.layout.size, value, gradient].join(' | '));
  field.dispose();
}
process.exit(0);
