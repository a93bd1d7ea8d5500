/**
 * @file Provides `navigator.gpu` in Node, from the package `webgpu` (Dawn).
 */
import { WebgpuUnavailableError } from './device/errors.ts';

/** The exports of the package `webgpu`. */
export interface Dawn {
  readonly create: (flags: string[]) => GPU;
  readonly globals: object;
}

/** Dawn's instances, which must not be collected while their devices are in use. */
const instances: GPU[] = [];

/**
 * Defines `navigator.gpu` in Node. Call it before anything imports tfjs's webgpu backend or
 * `@neural-fields/kernels-webgpu`, which use it.
 *
 * @param dawn the module `webgpu`
 * @param flags of Dawn, e.g. `backend=vulkan`
 */
export const installDawn = ({ create, globals }: Dawn, flags: readonly string[] = []): void => {
  Object.assign(globalThis, globals);
  if (globalThis.navigator === undefined)
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  const gpu = create([...flags]);
  instances.push(gpu);
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
};

/**
 * Loads the package `webgpu`, installs it, and registers the backend with tfjs.
 *
 * @throws WebgpuUnavailableError when the package is not installed or cannot be loaded
 */
export const useDawn = async (flags: readonly string[] = []): Promise<void> => {
  // In a variable, so that neither TypeScript nor bundlers resolve this optional package.
  const name = 'webgpu';
  const dawn = (await import(name).catch(cause => {
    throw new WebgpuUnavailableError("webgpu: in Node the package 'webgpu' must be installed: npm install webgpu", {
      cause,
    });
  })) as Dawn;
  installDawn(dawn, flags);
  await import('./index.ts');
};
