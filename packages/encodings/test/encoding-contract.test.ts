import '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { encodingContract } from './encoding-contract.ts';

for (const backend of ['cpu', 'wasm', 'simd']) encodingContract(backend);
