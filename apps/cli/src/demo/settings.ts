/**
 * @file What the demonstration fits on which backend, so that it ends within about two minutes on two processor cores.
 */
import type { FitSettings } from '@neural-fields/app-kit/fitting';

/** A size of the demonstration. */
export interface DemoSettings {
  /**
   * The side of the picture that is fitted, in pixels. The photograph has 480; the detail is compared with it where
   * both share a grid.
   */
  readonly size: number;
  readonly hiddenFeatures: number;
  readonly hiddenLayers: number;
  readonly omega0: number;
  readonly fit: FitSettings;
  /** Why this size. */
  readonly reason: string;
}

const fit = (steps: number, batch: FitSettings['batch'], learningRate: number): FitSettings => ({
  steps,
  learningRate,
  schedule: 'cosine',
  batch,
  seed: 0,
  keep: 'best',
  reportEvery: 1,
});

/** The sizes by backend. */
const sizes: Readonly<Record<string, DemoSettings>> = {
  webgpu: {
    size: 240,
    hiddenFeatures: 256,
    hiddenLayers: 3,
    omega0: 30,
    fit: { ...fit(600, 16_384, 5e-4), reportEvery: 5 },
    reason: 'a graphics processor takes half the resolution of the photograph with a network 256 wide',
  },
  tensorflow: {
    size: 240,
    hiddenFeatures: 256,
    hiddenLayers: 3,
    omega0: 30,
    fit: fit(400, 16_384, 5e-4),
    reason: 'libtensorflow takes half the resolution of the photograph with a network 256 wide',
  },
  native: {
    size: 256,
    hiddenFeatures: 256,
    hiddenLayers: 3,
    omega0: 30,
    fit: fit(500, 8192, 1e-3),
    reason: 'the native kernels use all cores: a network 256 wide, 8,192 random pixels a step',
  },
  simd: {
    size: 256,
    hiddenFeatures: 256,
    hiddenLayers: 3,
    omega0: 30,
    fit: fit(500, 8192, 1e-3),
    reason: 'the SIMD kernels use all cores: a network 256 wide, 8,192 random pixels a step',
  },
  wasm: {
    size: 120,
    hiddenFeatures: 128,
    hiddenLayers: 2,
    omega0: 30,
    fit: fit(500, 2048, 2e-3),
    reason:
      "tfjs's WebAssembly runs on one core: a quarter of the photograph's resolution, a network 128 wide, 2,048 random pixels a step",
  },
  cpu: {
    size: 60,
    hiddenFeatures: 48,
    hiddenLayers: 2,
    omega0: 30,
    fit: fit(300, 512, 2e-3),
    reason: 'plain JavaScript is slow: an eighth of the resolution of the photograph, and a small network',
  },
};

/** The size for a backend. */
export const demoSettings = (backend: string): DemoSettings => sizes[backend] ?? (sizes['wasm'] as DemoSettings);
