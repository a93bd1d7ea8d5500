import '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { lossContract } from './loss-contract.ts';

for (const backend of ['cpu', 'wasm', 'simd']) lossContract(backend);
