import { existsSync } from 'node:fs';

/**
 * The browser that the `*.browser.test.ts` files run in: the executable named by CHROMIUM, or Debian's. Nothing is ever
 * downloaded. Returns its path, or the reason why there is none.
 */
export function findChromium(): { readonly path: string } | { readonly missing: string } {
  const named = process.env['CHROMIUM'];
  const path = named || '/usr/bin/chromium';
  if (existsSync(path)) return { path };
  return {
    missing: named
      ? `no browser: CHROMIUM names ${named}, which does not exist`
      : `no browser: ${path} does not exist and CHROMIUM is not set`,
  };
}

/** A headless Chromium with WebGPU and no graphics card: SwiftShader computes on the CPU. */
export const chromiumArguments: readonly string[] = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-gpu-sandbox',
  '--ignore-gpu-blocklist',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];
