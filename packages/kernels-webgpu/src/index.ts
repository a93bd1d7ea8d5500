/**
 * @file Importing this package gives tfjs's backend `webgpu` the fused kernels, and a device of its own; then `await
 * setBackend('webgpu')`.
 */
import '@tensorflow/tfjs-backend-webgpu';
import { engine, registerBackend, removeBackend } from '@tensorflow/tfjs-core';
import { BACKEND_NAME, createWebgpuBackend } from './backend.ts';
import { registerFieldJet } from './field-jet/register.ts';
import { registerAdam } from './kernels/adam.ts';
import { registerWaves } from './kernels/waves.ts';

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

/** As that of tfjs's own: above all others. */
const PRIORITY = 3;

registerAdam();
registerFieldJet();
registerWaves();
// tfjs's own registration asks for a device with fewer limits. One that is in use already stays.
if (engine().registry[BACKEND_NAME] === undefined) {
  if (engine().registryFactory[BACKEND_NAME] !== undefined) removeBackend(BACKEND_NAME);
  registerBackend(BACKEND_NAME, () => createWebgpuBackend(), PRIORITY);
}
