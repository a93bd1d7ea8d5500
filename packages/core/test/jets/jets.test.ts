import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import { jetContract } from './jet-contract.ts';

jetContract('cpu');
jetContract('wasm');
