import '@neural-fields/kernels-wasm';
import '@neural-fields/kernels-webgpu';
import '@tensorflow/tfjs-backend-cpu';
import { periodicLayerContract } from '../backends.ts';

periodicLayerContract('simd');
periodicLayerContract('webgpu');
