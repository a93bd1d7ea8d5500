/** @file Everything public of the hypernetworks package. */
export { type AutoDecoderOptions, type AutoDecoderSpec, autoDecoder } from './encoders/auto-decoder.ts';
export { type ConvEncoderOptions, type ConvEncoderSpec, convEncoder } from './encoders/conv-encoder.ts';
export type { EncoderSpec, Observation } from './encoders/encoder.ts';
export { type PointEncoderOptions, type PointEncoderSpec, pointEncoder } from './encoders/point-encoder.ts';
export { type SetEncoderOptions, type SetEncoderSpec, setEncoder } from './encoders/set-encoder.ts';
export { type FilmOptions, type FilmSpec, film } from './generators/film.ts';
export type { GeneratorSpec } from './generators/generator.ts';
export {
  type FieldStart,
  type HypernetworkOptions,
  type HypernetworkSpec,
  hypernetwork,
} from './generators/hypernetwork.ts';
export { type LowRankOptions, type LowRankSpec, lowRankHypernetwork } from './generators/low-rank.ts';
export { type ModulatorOptions, type ModulatorSpec, modulator } from './generators/modulator.ts';
export {
  type ShiftModulationOptions,
  type ShiftModulationSpec,
  shiftModulation,
} from './generators/shift-modulation.ts';
export {
  createMetaLearner,
  MetaLearner,
  type MetaLearnerOptions,
  type MetaMethod,
  type MetaTermsOptions,
  metaTerms,
} from './meta/meta-learner.ts';
export { type FitLatentsOptions, fitLatents } from './prior/fit-latents.ts';
export { interpolateLatents, type LatentStatistics, latentStatistics, sampleLatents } from './prior/interpolate.ts';
export {
  createPrior,
  FIELDS,
  LATENTS,
  Prior,
  type PriorDescription,
  type PriorOptions,
  type PriorSpec,
} from './prior/prior.ts';
export { decodePrior, encodePrior, type PriorFile } from './prior/prior-file.ts';
export { type PriorTermsOptions, priorTerms } from './prior/prior-terms.ts';
export { type Signal, type SignalSplit, type SplitOptions, splitSignals } from './signals/signal.ts';
export { type ContextSize, type SignalModel, type SignalPointsOptions, signalPoints } from './signals/signal-points.ts';
