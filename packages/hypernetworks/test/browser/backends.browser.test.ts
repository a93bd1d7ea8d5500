import '@neural-fields/kernels-wasm';
import '@neural-fields/kernels-webgpu';
import '@tensorflow/tfjs-backend-cpu';
import { priorContract } from '../backends.ts';

priorContract('simd');
priorContract('webgpu');
