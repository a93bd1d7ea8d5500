/** @file How programs run a fit, and what they keep of it. */
export {
  type Checkpoint,
  type CheckpointRun,
  isCheckpointProblem,
  openCheckpoint,
  type ResumePolicy,
  readRun,
  tolerantStore,
} from './checkpoint.ts';
export { type CurveFile, type CurvePoint, readCurve } from './curve-lines.ts';
export { type DrivenFit, driveFit } from './drive-fit.ts';
export { extensions } from './extensions.ts';
export { networkMemory } from './network-memory.ts';
export { FACTOR_KEY } from './recovery.ts';
export {
  defaultChunkSize,
  type FitSettings,
  fitOptions,
  type OptimizerName,
  optimizerNames,
  pointsOf,
  type ScheduleName,
  samplingNames,
} from './settings.ts';
export { afterCurve, openCurve, type TrainingCurve } from './training-curve.ts';
