/** @file The main entry point of core; more specialised parts are in its subpaths. */
export {
  type ActivationSpec,
  type ExpSinSpec,
  expSin,
  type FinerSpec,
  finer,
  type GaussianSpec,
  gaussian,
  type IdentitySpec,
  identity,
  type LaplaceSpec,
  laplace,
  type MultiquadricSpec,
  multiquadric,
  type PreluSpec,
  prelu,
  type QuadraticSpec,
  quadratic,
  type ReluSpec,
  relu,
  type SigmoidSpec,
  type SiluSpec,
  type SineSpec,
  type SoftplusSpec,
  type SuperGaussianSpec,
  sigmoid,
  silu,
  sine,
  softplus,
  superGaussian,
  type TanhSpec,
  tanh,
} from './activations/index.ts';
export {
  type BackendCandidate,
  type BackendChoice,
  BackendError,
  type BackendVerdict,
  reportInterval,
  selectBackend,
} from './backend/select-backend.ts';
export { evaluate, evaluateJet, executionPlan, type FieldParameters } from './evaluate/evaluate.ts';
export { type ErrorParts, ExplainedError } from './explained-error.ts';
export { createField, Field, type FieldOptions } from './field.ts';
export { decodeField, encodeField, fieldFromData, readField } from './files/field.ts';
export type { FieldData } from './files/field-data.ts';
export { type AdamOptions, adam } from './fit/adam.ts';
export { type Adaptation, type Adapter, type AdaptInput, type FitVector, mapParameters } from './fit/adapt.ts';
export type { KeepBestOptions } from './fit/best-state.ts';
export { CheckpointError, type CheckpointProblem, type CheckpointStore } from './fit/checkpoint.ts';
export {
  type DerivativesOf,
  type DescribedLoss,
  type PointwiseLossOptions,
  pointwiseLoss,
} from './fit/described-loss.ts';
export { type Divergence, DivergenceError, type DivergenceOptions } from './fit/divergence.ts';
export { fit } from './fit/fit.ts';
export type { CheckpointOptions, FitOptions } from './fit/fit-options.ts';
export { type LbfgsOptions, lbfgs } from './fit/lbfgs.ts';
export type { NonFiniteValues } from './fit/non-finite.ts';
export type {
  Evaluation,
  GradientOptimizer,
  Optimizer,
  OptimizerInput,
  OptimizerOutput,
  SearchInput,
  SearchObjective,
  SearchOptimizer,
  SearchOutput,
} from './fit/optimizer.ts';
export type { ParameterGroup } from './fit/parameter-groups.ts';
export { type ParameterTermOptions, parameterTerm } from './fit/parameter-term.ts';
export { PointDataError, type PointDataFault } from './fit/point-data.ts';
export type {
  ChunkListener,
  FitStep,
  PointBatch,
  PointScoring,
  PointSource,
  SourceState,
} from './fit/points.ts';
export type { PointwiseError, PointwiseLoss } from './fit/pointwise-loss.ts';
export type { FitProgress } from './fit/progress.ts';
export {
  type Checkpoint,
  decodeCheckpoint,
  decodeModelCheckpoint,
  type ModelCheckpoint,
} from './fit/read-checkpoint.ts';
export {
  constant,
  cosine,
  exponential,
  type Schedule,
  stepDecay,
  type WarmupStableDecayOptions,
  warmup,
  warmupStableDecay,
} from './fit/schedule.ts';
export { type StepsWithinOptions, stepsWithin } from './fit/steps-within.ts';
export {
  type PatienceOptions,
  type StopAtOptions,
  type StopContext,
  type StopOnPlateauOptions,
  type StopRule,
  type StopVerdict,
  stopAt,
  stopOnHeldOut,
  stopOnPlateau,
} from './fit/stop-rules.ts';
export { findTarget, weighted } from './fit/targets.ts';
export {
  type ObjectiveTerm,
  type ParameterTerm,
  type PointLoss,
  type TensorBatch,
  type Term,
  type TermOptions,
  term,
} from './fit/term.ts';
export type { ParameterProjection } from './fit/training-vectors.ts';
export type { InitialiserSpec } from './initialisers/index.ts';
export type { Jet, JetSource } from './jets/jet.ts';
export { curl, curlOf, divergence, divergenceOf, gradient, hessian, jacobian, laplacian } from './jets/operators.ts';
export type { DerivativeRequest, SecondOrderForm } from './jets/request.ts';
export type { Model, ModelDescription, ModelView } from './model.ts';
export {
  type BoundPart,
  type BoundParts,
  createModel,
  type ModelFieldOptions,
  type ModelOptions,
  type ModelPart,
  stackFields,
} from './models/create-model.ts';
export {
  createFieldBatch,
  decodeFieldBatch,
  encodeFieldBatch,
  FieldBatch,
  type FieldBatchDescription,
  type FieldBatchOptions,
  type FieldBatchSize,
} from './models/field-batch.ts';
export { createParameters, ParameterSet, type ParameterSetEntry } from './models/parameter-set.ts';
export { type ParameterEntry, ParameterLayout, type ParameterQuery, type ParameterView } from './params/layout.ts';
export type { InitialValues } from './params/variables.ts';
export { createRng, type Rng } from './random.ts';
export type { FieldSpec } from './spec/field-spec.ts';
export type { Extensions, LayerSpec } from './spec/layer.ts';
export { type MlpOptions, mlp, type NetworkSize, type SirenOptions, siren } from './spec/networks.ts';
export type { ColumnRule } from './spec/signal.ts';
export { outFeatures, parameterLayout, parseSpec } from './spec/spec.ts';
export type { StepInput, StepInputs } from './step-inputs.ts';
