import '@neural-fields/kernels-wasm';
import '@neural-fields/kernels-webgpu';
import '@tensorflow/tfjs-backend-webgl';
import { encodingContract } from '../encoding-contract.ts';

encodingContract('simd', { onFeaturesAlone: true });
encodingContract('webgpu', { onFeaturesAlone: true });
// The sine and the exponential of the emulated GPU behind WebGL are good to 2^-11 or so, some 8,000 float32 roundoffs,
// and where an encoding stands on features their error goes through its frequencies again.
encodingContract('webgl', { slack: 1000, onFeaturesAlone: true });
