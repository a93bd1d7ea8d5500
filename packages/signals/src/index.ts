export type { ArrayView } from './arrays/array-view.ts';
export { type DenseArray, denseArray } from './arrays/dense-array.ts';
export type { Audio } from './audio/audio.ts';
export { AudioError, type AudioProblem } from './audio/audio-error.ts';
export { type DecodedAudio, decodeAudio } from './audio/decode-audio.ts';
export { type EncodeAudioOptions, encodeAudio } from './audio/encode-audio.ts';
export type { SampleFormat } from './audio/sample-format.ts';
export type { DecodeNote } from './decode-note.ts';
export {
  type CoordinateDerivativeOptions,
  type CoordinateGradientOptions,
  coordinateGradient,
  coordinateLaplacian,
} from './filters/coordinate-derivatives.ts';
export type { BoundaryMode, FilterOptions } from './filters/correlate.ts';
export { laplacian } from './filters/laplacian.ts';
export { sobel, sobelMagnitude } from './filters/sobel.ts';
export { type OmegaSuggestion, suggestOmega } from './frequencies/suggest-omega.ts';
export type { GridConvention, GridOptions, Span } from './grids/axis.ts';
export {
  type GridRegion,
  gridCoordinates,
  gridCoordinatesRange,
  type RegionOptions,
} from './grids/grid-coordinates.ts';
export { type ChannelChoice, type ChannelOptions, luma } from './images/channels.ts';
export { type DecodedImage, type DecodeImageOptions, decodeImage } from './images/decode-image.ts';
export { type EncodeImageOptions, encodeImage } from './images/encode-image.ts';
export type { Image, ImageFormat } from './images/image.ts';
export { ImageError, type ImageProblem } from './images/image-error.ts';
export type { BitDepth } from './images/quantise.ts';
export { type ResizeKernel, type ResizeOptions, resizeImage, resizeImageAsync } from './images/resize-image.ts';
export {
  type BetweenOptions,
  finerCoordinates,
  halveResolution,
  type QualityBetween,
  type QualityBetweenOptions,
  qualityBetween,
} from './metrics/between-samples.ts';
export { meanSquaredError, meanSquaredErrorAsync } from './metrics/mean-squared-error.ts';
export { type PsnrOptions, psnr, psnrAsync } from './metrics/psnr.ts';
export { snr } from './metrics/snr.ts';
export { type SsimOptions, ssim, ssimAsync } from './metrics/ssim.ts';
export { type AudioSampleOptions, audioSamples } from './points/audio-samples.ts';
export { type BallOptions, ball } from './points/ball.ts';
export { type BoundaryOptions, boundary, type Face } from './points/boundary.ts';
export type { Box } from './points/box.ts';
export { type CoarseToFineOptions, coarseToFine } from './points/coarse-to-fine.ts';
export { type EvosCrossover, type EvosOptions, evos } from './points/evos.ts';
export { type GaussianCloudOptions, gaussianCloud } from './points/gaussian-cloud.ts';
export { type ImportanceSamplingOptions, importanceSampling } from './points/importance-sampling.ts';
export { pixels } from './points/pixels.ts';
export type { ScoreOptions } from './points/point-scores.ts';
export type { PointSet } from './points/point-set.ts';
export { type SampleOptions, samples } from './points/samples.ts';
export { shuffledPixels } from './points/shuffled-pixels.ts';
export type { ValueOptions } from './points/signal.ts';
export { stratified } from './points/stratified.ts';
export {
  type StratifiedDraws,
  type StratifiedEpochOptions,
  type StratifiedSubsetOptions,
  stratifiedEpochs,
  stratifiedSubsets,
} from './points/stratified-epochs.ts';
export { type StratifiedSampleOptions, stratifiedSamples } from './points/stratified-samples.ts';
export { type Selection, subset } from './points/subset.ts';
export { uniform } from './points/uniform.ts';
export { uniformPixels } from './points/uniform-pixels.ts';
export { union } from './points/union.ts';
export { withReplacement } from './points/with-replacement.ts';
export { type WithTimeOptions, withTime } from './points/with-time.ts';
export { withoutReplacement } from './points/without-replacement.ts';
export type { WorkOptions } from './work/work.ts';
