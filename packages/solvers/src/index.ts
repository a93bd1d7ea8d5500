export { ConvergenceError, StabilityError } from './errors.ts';
export { type HelmholtzSolution, type HelmholtzSolverOptions, solveHelmholtz } from './helmholtz/solve-helmholtz.ts';
export {
  type DifferenceOperator,
  type IntegrateGradientOptions,
  integrateGradient,
} from './poisson/integrate-gradient.ts';
export { type PoissonDirichletOptions, type PoissonNeumannOptions, solvePoisson } from './poisson/solve-poisson.ts';
export type { RunOptions } from './run-options.ts';
export type { StridedArray } from './strided-array.ts';
export type { WaveAbsorption } from './wave/damping.ts';
export { solveWave, type WaveSolution, type WaveSolverOptions } from './wave/solve-wave.ts';
