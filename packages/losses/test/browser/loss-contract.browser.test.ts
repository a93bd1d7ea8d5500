import '@neural-fields/kernels-wasm';
import '@neural-fields/kernels-webgpu';
import '@tensorflow/tfjs-backend-webgl';
import { lossContract } from '../loss-contract.ts';

for (const backend of ['simd', 'webgl', 'webgpu']) lossContract(backend);
