/**
 * @file The demonstration's settings for each backend, chosen to finish within about two minutes on two CPU cores.
 */
import type { FitSettings } from '@neural-fields/app-kit/fitting';
import { presets } from '../settings/presets.ts';

/** The settings of the demonstration. */
export interface DemoSettings {
  /**
   * The side length of the fitted picture, in pixels. The photograph has 480; the detail is compared with it if both
   * share a grid.
   */
  readonly size: number;
  readonly hiddenFeatures: number;
  readonly hiddenLayers: number;
  readonly omega0: number;
  /** The factor on the initial weights; 1 if absent. */
  readonly weightScale?: number | undefined;
  readonly fit: FitSettings;
  /** Why these settings were chosen. */
  readonly reason: string;
}

const fit = (steps: number, batch: FitSettings['batch'], learningRate: number): FitSettings => ({
  steps,
  optimizer: 'adam',
  learningRate,
  schedule: 'cosine',
  batch,
  sampling: 'stratified',
  seed: 0,
  keep: 'best',
  reportEvery: 1,
});

const { optimizer, learningRates, schedule, batch, sampling, weightScale, omega0 } = presets.fast.image;

/** Fits as `fit` does by default. */
const defaultFit = (steps: number): FitSettings => ({
  ...fit(steps, batch, learningRates[optimizer]),
  ...{ optimizer, schedule, sampling },
});

/** The settings of each backend. */
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
    ...{ omega0, weightScale },
    fit: defaultFit(presets.fast.image.steps),
    reason: 'the native kernels use all cores: a network 256 wide, 16,384 pixels a step',
  },
  simd: {
    size: 256,
    hiddenFeatures: 256,
    hiddenLayers: 3,
    ...{ omega0, weightScale },
    fit: defaultFit(200),
    reason: 'the SIMD kernels use all cores: a network 256 wide, 16,384 pixels a step',
  },
  wasm: {
    size: 120,
    hiddenFeatures: 128,
    hiddenLayers: 2,
    omega0: 30,
    fit: fit(500, 2048, 2e-3),
    reason:
      "tfjs's WebAssembly runs on one core: a quarter of the photograph's resolution, a network 128 wide, 2,048 pixels a step",
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

/** The settings for a backend. */
export const demoSettings = (backend: string): DemoSettings => sizes[backend] ?? (sizes['wasm'] as DemoSettings);
