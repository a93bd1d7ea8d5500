/**
 * @file `@neural-fields/core/curvature`: directional derivatives with respect to the parameters, and Hessian-vector
 *   products of an objective.
 */
export { Curvature, type CurvatureOptions, createCurvature, type HessianProduct } from './tangent/curvature.ts';
export { type JetAndTangent, jetTangent, tangentExecutionPlan } from './tangent/jet-tangent.ts';
