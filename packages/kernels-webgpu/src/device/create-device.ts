/**
 * @file Creates a device with the limits and features of its adapter, instead of the small defaults that WebGPU
 *   guarantees everywhere.
 */
import { assertOptions } from '@neural-fields/core/options';
import { DeviceFeatureError, WebgpuUnavailableError } from './errors.ts';

/** How a device is chosen. */
export interface CreateDeviceOptions {
  /** `high-performance` if absent. */
  readonly powerPreference?: GPUPowerPreference;
  /** Whether the device has `shader-f16`; `false` if absent. */
  readonly halfPrecision?: boolean;
}

/** Optional features that tfjs or the fused kernels use where the adapter has them. */
const FEATURES = ['timestamp-query', 'bgra8unorm-storage', 'subgroups'] as const;

const HALF_PRECISION: GPUFeatureName = 'shader-f16';

const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeInvocationsPerWorkgroup',
] as const;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The name of an adapter for messages. */
export const nameOf = ({ vendor, architecture, description }: GPUAdapterInfo): string =>
  [vendor, architecture, description].filter(part => part).join(' ');

/** Whether an adapter emulates a graphics card on the CPU. */
export const isSoftware = ({
  isFallbackAdapter = false,
  vendor,
  architecture,
  description,
}: Partial<GPUAdapterInfo>): boolean =>
  isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|software/i.test(`${vendor} ${architecture} ${description}`);

/**
 * Requests an adapter and a device.
 *
 * @throws WebgpuUnavailableError when there is no WebGPU, no adapter or no device
 * @throws DeviceFeatureError when the adapter lacks a requested feature
 */
export const createDevice = async (
  options: CreateDeviceOptions = {},
): Promise<{ readonly device: GPUDevice; readonly info: GPUAdapterInfo }> => {
  assertOptions('createDevice', options, { powerPreference: 1, halfPrecision: 1 });
  const { powerPreference = 'high-performance', halfPrecision = false } = options;

  const { gpu } = (globalThis.navigator ?? {}) as { readonly gpu?: GPU };
  if (gpu === undefined)
    throw new WebgpuUnavailableError(
      "webgpu: this platform must have navigator.gpu; browsers have it on https and localhost, Node from the package 'webgpu'",
    );
  const noAdapter = 'webgpu: there must be a graphics adapter, got none';
  const adapter = await gpu.requestAdapter({ powerPreference }).catch(cause => {
    throw new WebgpuUnavailableError(`${noAdapter}: ${messageOf(cause)}`, { cause });
  });
  if (adapter === null) throw new WebgpuUnavailableError(noAdapter);
  if (halfPrecision && !adapter.features.has(HALF_PRECISION))
    throw new DeviceFeatureError('halfPrecision', { feature: HALF_PRECISION, adapter: nameOf(adapter.info) });
  const offered = FEATURES.filter(name => adapter.features.has(name)) as GPUFeatureName[];
  const requiredFeatures = halfPrecision ? [...offered, HALF_PRECISION] : offered;
  const requiredLimits = Object.fromEntries(LIMITS.map(name => [name, adapter.limits[name]]));
  try {
    const device = await adapter.requestDevice({ label: 'neural-fields', requiredFeatures, requiredLimits });
    return { device, info: adapter.info };
  } catch (cause) {
    throw new WebgpuUnavailableError(`webgpu: the adapter gives no device: ${messageOf(cause)}`, { cause });
  }
};
