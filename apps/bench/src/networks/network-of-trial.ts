/** @file The network and the training of a trial. */
import { adam, cosine, type Optimizer, type Schedule } from '@neural-fields/core';
import { networkPreset, trainingOptions } from '@neural-fields/networks';
import { coordinateScaleFor, frequencyOptions } from './frequency.ts';
import { type SizedNetwork, solveSize } from './sized-network.ts';
import type { ComparisonTask, TaskProblem } from './tasks/task.ts';
import type { NetworkTrial } from './trial.ts';

/** A network, and the factor on the coordinates that it gets. */
export interface TrialNetwork extends SizedNetwork {
  readonly coordinateScale: number;
}

/** @throws RangeError when the network cannot have so few parameters */
export const networkOfTrial = (
  { network, parameters, frequency, seed }: Pick<NetworkTrial, 'network' | 'parameters' | 'frequency' | 'seed'>,
  { coordinateScale: scale = 1, derivative }: Pick<ComparisonTask, 'coordinateScale' | 'derivative'>,
  { inFeatures, outFeatures, samples }: Pick<TaskProblem, 'inFeatures' | 'outFeatures' | 'samples'>,
): TrialNetwork => {
  const preset = networkPreset(network);
  const options = {
    ...frequencyOptions(preset, { samples, coordinateScale: scale, factor: frequency }),
    ...('seed' in preset.options && { seed }),
    // Linear interpolation has no second derivative.
    ...(derivative === 'laplacian' && 'interpolation' in preset.options && { interpolation: 'smoothstep' }),
  };
  return {
    ...solveSize(preset, { inFeatures, outFeatures }, { options, parameters }),
    coordinateScale: coordinateScaleFor(preset, scale),
  };
};

/** The optimizer and the schedule of a trial. */
export const trainingOfTrial = ({
  network,
  training,
  rate,
}: Pick<NetworkTrial, 'network' | 'training' | 'rate'>): {
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
} =>
  training === 'published'
    ? trainingOptions({ ...networkPreset(network).training, learningRate: rate })
    : { optimizer: adam({ learningRate: rate }), schedule: cosine() };
