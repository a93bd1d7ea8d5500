/**
 * @file `@neural-fields/core/kernels`: what a backend package needs: the object that it registers, the programs that it
 *   compiles, and their operations; and what else reads the operations of networks.
 */
export { type AdamUpdate, type AdamVectors, registerAdamKernel } from './backend/adam-update.ts';
export type {
  CompiledLoss,
  CompiledProgram,
  FieldBackend,
  KernelLoss,
  LossBlock,
  LossScale,
} from './backend/backend.ts';
export type { BackpressureBackend } from './backend/backpressure.ts';
export { type NumericsBackend, numericalEnvironment } from './backend/environment.ts';
export {
  blockCount,
  consumerCounts,
  inputTensorShapes,
  jetTensorShapes,
  type KernelInput,
  type KernelProgram,
  registerWidths,
} from './backend/kernel-program.ts';
export { type MuonMatrices, type MuonUpdate, registerMuonKernel } from './backend/muon-update.ts';
export { registerOrthonormalRowsKernel } from './backend/orthonormal-rows.ts';
export { fieldBackend, registerFieldBackend } from './backend/registry.ts';
export { PROGRAM_KERNELS } from './backend/run-program.ts';
export { registerSoapKernel, SOAP_MATRIX_FIELDS, type SoapUpdate, type SoapVectors } from './backend/soap-update.ts';
export {
  type BatchCoords,
  type BatchEvaluation,
  type BatchLossInputs,
  batchEvaluationOf,
} from './evaluate/batch-evaluation.ts';
export { evaluateNetwork, networkParameters } from './evaluate/evaluate.ts';
export type { NetworkParameters } from './evaluate/evaluation.ts';
export { blocksAlong } from './ops/grid-blocks.ts';
export { HASH_PRIMES } from './ops/grid-hash.ts';
export { weightPolynomial } from './ops/grid-interpolation.ts';
export type {
  ColumnsOperation,
  ConcatOperation,
  ConstantOperation,
  CustomOperation,
  ElementwiseFunction,
  ElementwiseOperation,
  GridOperation,
  LinearOperation,
  Operation,
  ProductOperation,
  Register,
  SumOperation,
} from './ops/operation.ts';
export { arraysOf, hasParameters, withParameters } from './ops/parameters.ts';
export { type BatchNetwork, batchNetworkOf } from './spec/batch-network.ts';
export { layerDefinition, type Network, networkOf, type PlacedLayer, prefixOf } from './spec/network.ts';
