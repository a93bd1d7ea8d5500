/** @file The contract for fused kernels on any backend. */
export { type CurvatureContractOptions, curvatureContract } from './curvature-contract.ts';
export { type FieldJetContractOptions, fieldJetContract } from './field-jet-contract.ts';
export {
  expectLossParity,
  type FieldLossContractOptions,
  fieldLossContract,
  type LossCase,
} from './field-loss-contract.ts';
export { formulasContract } from './formulas-contract.ts';
export { type ManyFieldsContractOptions, manyFieldsContract } from './many-fields-contract.ts';
export {
  expectParity,
  kernelsOf,
  type Measured,
  measure,
  measuredWeight,
  type ParityOptions,
  pointsFor,
} from './measure.ts';
export {
  type BatchCase,
  type BatchValues,
  composeBatchLoss,
  measureBatch,
  measureBatchLoss,
} from './measure-batch.ts';
export { type ModelsContractOptions, modelsContract } from './models-contract.ts';
export { type NetworksContractOptions, networksContract } from './networks-contract.ts';
export { type OptimizersContractOptions, optimizersContract } from './optimizers-contract.ts';
export { expectResumable, type TrainingCase } from './resumption.ts';
export { type TablesContractOptions, tablesContract } from './tables-contract.ts';
export { wrongInputsContract } from './wrong-inputs-contract.ts';
