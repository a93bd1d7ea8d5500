/**
 * @file Importing this module in Node gives it the `navigator.gpu` of browsers, from the package `webgpu` (Dawn), and
 * then imports the kernels.
 */
import { WebgpuUnavailableError } from './device/errors.ts';

/** What the package `webgpu` exports. */
export interface Dawn {
  readonly create: (flags: string[]) => GPU;
  readonly globals: object;
}

/**
 * Gives Node the `navigator.gpu` of browsers. Call it before anything imports tfjs's webgpu backend or
 * `@neural-fields/kernels-webgpu`, which look for it.
 *
 * @param dawn the module `webgpu`
 * @param flags of Dawn, e.g. `backend=vulkan`
 */
export const installDawn = ({ create, globals }: Dawn, flags: readonly string[] = []): void => {
  Object.assign(globalThis, globals);
  if (globalThis.navigator === undefined)
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(globalThis.navigator, 'gpu', { value: create([...flags]), configurable: true });
};

/**
 * Loads the package `webgpu`, installs it, and registers the backend with tfjs.
 *
 * @throws WebgpuUnavailableError when the package is not installed or cannot be loaded
 */
export const useDawn = async (flags: readonly string[] = []): Promise<void> => {
  // A variable: neither types nor bundlers look for a package that need not be there.
  const name = 'webgpu';
  const dawn = (await import(name).catch(cause => {
    throw new WebgpuUnavailableError("webgpu: in Node the package 'webgpu' must be installed: npm install webgpu", {
      cause,
    });
  })) as Dawn;
  installDawn(dawn, flags);
  await import('./index.ts');
};
