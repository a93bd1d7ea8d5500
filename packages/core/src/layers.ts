/**
 * @file `@neural-fields/core/layers`: what layers, activations and initialisers are written with: signals, definitions,
 *   and the jets of custom rules.
 */
export {
  type ActivationDefinition,
  type ActivationOptions,
  type ActivationParameters,
  activationParameterValues,
  coreActivations,
  type DerivativeOrder,
} from './activations/index.ts';
export type { InitialiserContext, InitialiserDefinition } from './initialisers/initialiser.ts';
export type { LayerJet } from './jets/layer-jet.ts';
export { mixedForms, quadraticForms } from './jets/quadratic-forms.ts';
export type { JetShape, SecondOrderForms } from './jets/request.ts';
export { type ConstantArray, constantArray, type OperandArray, type ParameterArray } from './ops/arrays.ts';
export { blocksAlong, type GridBlocks } from './ops/grid-blocks.ts';
export { GRID_INTERPOLATIONS, type GridInterpolation } from './ops/grid-interpolation.ts';
export type { CustomRuleInputs, CustomTangentInputs, GridLevel } from './ops/operation.ts';
export { weightedRows } from './ops/weighted-rows.ts';
export type { BatchNormSpec } from './spec/batch-norm.ts';
export type {
  ChainSpec,
  ConcatSpec,
  ConstantSpec,
  IdentityLayerSpec,
  ProductSpec,
  SumSpec,
} from './spec/combinators.ts';
export { activationRole, type DenseSpec } from './spec/dense.ts';
export type { FrequencyAccess, LayerContext, LayerDefinition, LayerPlace, ParameterOptions } from './spec/layer.ts';
export { layerPath } from './spec/layer.ts';
export {
  columns,
  concat,
  constant as constantFeatures,
  custom,
  elementwise,
  type GridOptions,
  grid,
  linear,
  product,
  Signal,
  sum,
} from './spec/signal.ts';
