/** What to do where TensorFlow.js has no backend: its own message does not say. */
export const HOW_TO_GET_A_BACKEND: string =
  "import one before, e.g. '@neural-fields/kernels-wasm' (npm install @neural-fields/kernels-wasm " +
  "@tensorflow/tfjs-backend-cpu) or '@tensorflow/tfjs-backend-cpu', plain JavaScript";
