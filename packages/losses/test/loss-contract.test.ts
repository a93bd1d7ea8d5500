import '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { expect, it } from 'vitest';
import { lossContract, lossesWithoutCase } from './loss-contract.ts';

for (const backend of ['cpu', 'wasm', 'simd']) lossContract(backend);

it('every exported loss has a case in the contract', () => expect(lossesWithoutCase()).toEqual([]));
