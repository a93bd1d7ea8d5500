/** @file Everything public of the losses package. */

export { affineFit, type FitToTruthOptions, type FittedValues, offsetFit } from './affine-fit.ts';
export { type DirichletOptions, dirichlet, type NeumannOptions, neumann } from './boundary.ts';
export {
  type CompositeWeight,
  compositeGradients,
  type MixedGradientsOptions,
  mixedGradients,
} from './composite-gradients.ts';
export type { DataTermOptions } from './data-term.ts';
export { occupancyToSdf, sdfToOccupancy, sdfToSoftOccupancy, sdfToTsdf, tsdfToSdf } from './distance-conversions.ts';
export {
  type SignAgnosticDistanceOptions,
  signAgnosticDistance,
  type TruncatedDistanceOptions,
  truncatedDistance,
} from './distance-losses.ts';
export { type EikonalOptions, eikonal } from './eikonal.ts';
export { type EikonalSdfOptions, eikonalSdf } from './eikonal-sdf.ts';
export { type GaussianSourceOptions, gaussianSource } from './gaussian-source.ts';
export { constrainedField, type HardBoundary, hardBoundary } from './hard-boundary.ts';
export { type HelmholtzForwardOptions, type HelmholtzOptions, helmholtz } from './helmholtz.ts';
export {
  type HelmholtzInversionOptions,
  helmholtzInversion,
  type MediumOptions,
  type MisfitOptions,
  receiverMisfit,
  slownessMisfit,
  squaredSlownessOf,
} from './helmholtz-inversion.ts';
export {
  type HelmholtzDerivatives,
  type HelmholtzTerms,
  helmholtzDerivatives,
  helmholtzResidual,
} from './helmholtz-residual.ts';
export type { JetLoss } from './jet-loss.ts';
export { type MseOptions, mse } from './mse.ts';
export { type BinaryCrossEntropyOptions, binaryCrossEntropy } from './occupancy.ts';
export { type PdeResidualOptions, pdeResidual, type Residual } from './pde-residual.ts';
export { absolute, charbonnierPenalty, huberPenalty, type Penalty, penalise, squared } from './penalty.ts';
export { type PerfectlyMatchedLayer, perfectlyMatchedLayer } from './perfectly-matched-layer.ts';
export {
  type PoissonBothOptions,
  type PoissonOptions,
  poisson,
  poissonGradient,
  poissonLaplacian,
} from './poisson.ts';
export {
  type FrobeniusHessianOptions,
  frobeniusHessian,
  type TotalVariationOptions,
  totalVariation,
} from './priors.ts';
export { charbonnier, huber, mae } from './robust.ts';
export { boxFactor, separablePolynomial } from './separable-polynomial.ts';
export { type SobolevOptions, sobolev } from './sobolev.ts';
export {
  type DivergencePenaltyOptions,
  divergencePenalty,
  type NormalAlignmentOptions,
  normalAlignment,
  type OffSurfaceOptions,
  offSurface,
  onSurface,
  type SurfaceOptions,
} from './surface-terms.ts';
export { type TimeCurriculum, type TimeCurriculumOptions, timeCurriculum } from './time-curriculum.ts';
export { type WaveDerivatives, type WaveOptions, type WaveStartOptions, wave, waveStart } from './wave.ts';
export { type TargetsOf, withTargets } from './with-targets.ts';
