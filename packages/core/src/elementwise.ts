/**
 * @file `@neural-fields/core/elementwise`: activations and penalties as formulas, and the programs that kernels are
 *   generated from.
 */
export {
  type ActivationExpressions,
  type ActivationFormula,
  type DerivativeExpressions,
  defineActivation,
  type FormulaParameters,
  type ParameterExpressions,
} from './elementwise/activation.ts';
export { differentiate } from './elementwise/differentiate.ts';
export {
  type Argument,
  abs,
  add,
  argument,
  type Compound,
  type Constant,
  clip,
  constant,
  cos,
  div,
  type Expression,
  type ExpressionLike,
  exp,
  floor,
  greater,
  log,
  max,
  min,
  mul,
  neg,
  type Parameter,
  parameter,
  select,
  sigmoid,
  sign,
  sin,
  softplus,
  sqrt,
  square,
  sub,
  tanh,
} from './elementwise/expression.ts';
export {
  allocateRegisters,
  type Instruction,
  linearise,
  type Operand,
  type Program,
  type Registers,
} from './elementwise/instructions.ts';
export { evaluateScalar } from './elementwise/on-scalars.ts';
export { evaluateTensors, type TensorInputs } from './elementwise/on-tensors.ts';
export { type Operation, operationArity } from './elementwise/operations.ts';
export { definePenalty, type Penalty, type PenaltyFormula, penalise, penaltyTangent } from './elementwise/penalty.ts';
export { absolute, charbonnierPenalty, huberPenalty, squared } from './penalties/index.ts';
