/** @file `@neural-fields/core/spectra`: Fourier spectra of signals, and the distributions in the layers of a field. */
export {
  type AmplitudeSpectrum,
  type AmplitudeSpectrumOptions,
  amplitudeSpectrum,
  type SampledSignal,
} from './spectra/amplitude-spectrum.ts';
export { type Distribution, distributionOf, type Histogram } from './spectra/distribution.ts';
export { type ComplexArray, fft, inverseFft } from './spectra/fft.ts';
export { type LayerStatistics, layerStatistics } from './spectra/layer-statistics.ts';
export { type RadialSpectrum, type RadialSpectrumOptions, radialSpectrum } from './spectra/radial-spectrum.ts';
export { hannWindow, rectangularWindow, type Window } from './spectra/window.ts';
