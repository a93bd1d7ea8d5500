import '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { expect, it } from 'vitest';
import { encodingContract, encodingsWithoutCase } from './encoding-contract.ts';

for (const backend of ['cpu', 'wasm', 'simd']) encodingContract(backend);

it('every encoding that the package exports is held to the contract', () => expect(encodingsWithoutCase()).toEqual([]));
