export {
  activate,
  activationDerivatives,
  activationParameterDerivatives,
  kinkConvention,
  type OracleActivation,
  oracleActivationKinds,
} from './activation-oracle.ts';
export { centralDifference } from './central-difference.ts';
export {
  fieldJet,
  type OracleField,
  type OracleJet,
  type OracleParameters,
  parameterGradient,
} from './field-oracle.ts';
export { expectReadmeExample, firstExample, matchesPromise, promisedLines, runReadmeExample } from './readme.ts';
export { type Side, type TaylorAlgebra, type TaylorNumber, taylorAlgebra } from './taylor.ts';
export {
  ELEMENTWISE,
  expectClose,
  expectCloseInNorm,
  FIELD_GRADIENT,
  FIELD_SECOND,
  FIELD_VALUE,
  FLOAT32_ROUNDOFF,
  maxAbsolute,
  PARAMETER_GRADIENT,
  relativeError,
  type Tolerance,
} from './tolerance.ts';
