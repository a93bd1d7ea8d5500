/**
 * @file Importing this package adds the fused kernels to tfjs's backend `webgpu` and creates its device with the
 *   adapter's limits; then `await setBackend('webgpu')`.
 */
import '@tensorflow/tfjs-backend-webgpu';
import { engine, registerBackend, removeBackend } from '@tensorflow/tfjs-core';
import { BACKEND_NAME, createWebgpuBackend } from './backend.ts';
import { registerFieldJet } from './field-jet/register.ts';
import { registerAdam } from './kernels/adam.ts';
import { registerSineCosine } from './kernels/sine-cosine.ts';

export { createWebgpuBackend, FieldsWebgpuBackend, type WebgpuBackendOptions } from './backend.ts';
export { type CreateDeviceOptions, createDevice } from './device/create-device.ts';
export {
  DeviceFaultError,
  DeviceFeatureError,
  DeviceLimitError,
  DeviceLostError,
  WebgpuUnavailableError,
} from './device/errors.ts';
export type { DeviceCounters } from './device/kernels.ts';
export type { ProductStyle } from './wgsl/product.ts';

/** The same as tfjs's own, above all other backends. */
const PRIORITY = 3;

registerAdam();
registerFieldJet();
registerSineCosine();
// Replaces tfjs's own registration, which requests a device with lower limits, unless it is already in use.
if (engine().registry[BACKEND_NAME] === undefined) {
  if (engine().registryFactory[BACKEND_NAME] !== undefined) removeBackend(BACKEND_NAME);
  registerBackend(BACKEND_NAME, () => createWebgpuBackend(), PRIORITY);
}
