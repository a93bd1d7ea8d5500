/**
 * @file `@neural-fields/core/curvature`: derivatives along directions of the parameters, and products with the Hessian
 * of an objective.
 */
export { Curvature, type CurvatureOptions, createCurvature, type HessianProduct } from './tangent/curvature.ts';
export { type JetAndTangent, jetTangent, tangentExecutionPlan } from './tangent/jet-tangent.ts';
