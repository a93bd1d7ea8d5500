/** @file Everything public of the core package. */
export {
  type ActivationDefinition,
  type ActivationOptions,
  type ActivationParameters,
  type ActivationSpec,
  activationParameterValues,
  coreActivations,
  type DerivativeOrder,
  type ExpSinSpec,
  expSin,
  type FinerSpec,
  finer,
  type GaussianSpec,
  gaussian,
  type IdentitySpec,
  identity,
  type LaplacianSpec,
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
export { type AdamUpdate, type AdamVectors, registerAdamKernel } from './backend/adam-update.ts';
export type { CompiledLoss, CompiledProgram, FieldBackend, KernelLoss, LossBlock, LossScale } from './backend/backend.ts';
export {
  type DenseChain,
  denseChainOf,
  type FieldJetLayer,
  type FieldJetNetwork,
  isChainOperation,
} from './backend/dense-chain.ts';
export type { DescribedBackend } from './backend/environment.ts';
export {
  blockCount,
  consumerCounts,
  inputTensorShapes,
  jetTensorShapes,
  type KernelInput,
  type KernelProgram,
  registerWidths,
} from './backend/kernel-program.ts';
export type { PacedBackend } from './backend/paced-backend.ts';
export { fieldBackend, registerFieldBackend } from './backend/registry.ts';
export { PROGRAM_KERNELS } from './backend/run-program.ts';
export {
  type BackendCandidate,
  type BackendChoice,
  type BackendVerdict,
  reportInterval,
  selectBackend,
} from './backend/select-backend.ts';
export { describeEvaluation, evaluate, evaluateJet, type FieldParameters } from './evaluate/evaluate.ts';
export { createField, Field, type FieldOptions } from './field.ts';
export { decodeField, encodeField, fieldFromData, readField } from './files/field.ts';
export type { FieldData } from './files/field-data.ts';
export {
  decodeFieldData,
  type EncodeFieldOptions,
  encodeFieldData,
  type FieldFile,
  type FieldFileExtras,
} from './files/field-file.ts';
export { FieldFileError, type FieldFileProblem } from './files/field-file-error.ts';
export {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsArray,
  type SafetensorsDtype,
  SafetensorsError,
  type SafetensorsFile,
  type SafetensorsLimits,
  type SafetensorsProblem,
  type SafetensorsTensor,
  type ShapedArray,
} from './files/safetensors.ts';
export { fromModelArtifacts, loadFieldData, saveFieldData, toModelArtifacts } from './files/tfjs-io.ts';
export { type AdamOptions, adam } from './fit/adam.ts';
export { CheckpointError, type CheckpointProblem, type CheckpointStore } from './fit/checkpoint.ts';
export { type Divergence, DivergenceError, type DivergenceOptions } from './fit/divergence.ts';
export { fit } from './fit/fit.ts';
export type { CheckpointOptions, FitOptions } from './fit/fit-options.ts';
export { type LbfgsOptions, lbfgs } from './fit/lbfgs.ts';
export {
  type DerivativesOf,
  type DescribedLoss,
  type PointwiseLossOptions,
  pointwiseLoss,
} from './fit/loss-of-description.ts';
export type { NonFiniteNumbers } from './fit/non-finite.ts';
export type {
  Evaluation,
  GradientOptimizer,
  Optimizer,
  OptimizerInput,
  OptimizerOutput,
  SearchInput,
  SearchOptimizer,
  SearchOutput,
} from './fit/optimizer.ts';
export type { ParameterGroup } from './fit/parameter-groups.ts';
export { PointDataError, type PointDataFault } from './fit/point-data.ts';
export type { FitStep, PointBatch, PointSource } from './fit/points.ts';
export type { PointwiseError, PointwiseLoss } from './fit/pointwise-loss.ts';
export type { FitProgress } from './fit/progress.ts';
export { type Checkpoint, decodeCheckpoint } from './fit/read-checkpoint.ts';
export { constant, cosine, exponential, type Schedule, stepDecay, warmup } from './fit/schedule.ts';
export { findTarget, weighted } from './fit/targets.ts';
export { type PointLoss, type TensorBatch, type Term, type TermOptions, term } from './fit/term.ts';
export type { InitialiserSpec } from './initialisers/index.ts';
export type { InitialiserContext, InitialiserDefinition } from './initialisers/initialiser.ts';
export type { Jet, JetSource } from './jets/jet.ts';
export type { LayerJet } from './jets/layer-jet.ts';
export { curl, curlOf, divergence, divergenceOf, gradient, hessian, jacobian, laplacian } from './jets/operators.ts';
export { quadraticForms } from './jets/quadratic-forms.ts';
export type { DerivativeRequest, JetShape, SecondOrderForm, SecondOrderForms } from './jets/request.ts';
export { HASH_PRIMES } from './ops/grid.ts';
export { type ConstantNumbers, constantNumbers, type Numbers, type ParameterNumbers } from './ops/numbers.ts';
export type {
  ColumnsOperation,
  ConcatOperation,
  ConstantOperation,
  CustomOperation,
  CustomRuleInputs,
  ElementwiseFunction,
  ElementwiseOperation,
  GridLevel,
  GridOperation,
  LinearOperation,
  Operation,
  ProductOperation,
  Register,
  SumOperation,
} from './ops/operation.ts';
export { type ParameterEntry, ParameterLayout, type ParameterQuery, type ParameterView } from './params/layout.ts';
export { createRng, type Rng } from './random.ts';
export type {
  ChainSpec,
  ConcatSpec,
  ConstantSpec,
  IdentityLayerSpec,
  ProductSpec,
  SumSpec,
} from './spec/combinators.ts';
export { activationRole, type DenseSpec } from './spec/dense.ts';
export type { FieldSpec } from './spec/field-spec.ts';
export type { Extensions, LayerContext, LayerDefinition, LayerPlace, LayerSpec, ParameterOptions } from './spec/layer.ts';
export { layerPath } from './spec/network.ts';
export { type MlpOptions, mlp, type NetworkSize, type SirenOptions, siren } from './spec/networks.ts';
export {
  type ColumnRule,
  columns,
  concat,
  constant as constantFeatures,
  custom,
  elementwise,
  grid,
  linear,
  product,
  Signal,
  sum,
} from './spec/signal.ts';
export { outFeatures, parameterLayout, parseSpec } from './spec/spec.ts';
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
