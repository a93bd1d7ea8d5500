/** @file The training settings of a paper as defaults of a fit. */
import { networkPresets, type TrainingSettings } from '@neural-fields/networks';
import { presetNamed } from '../options/network-choice.ts';
import { type DefaultsInput, rates, type SignalDefaults } from './presets.ts';

/** How the paper of the settings' network, or of their activation's network, trains it. */
const trainingOf = ({ network, activation, encoding }: DefaultsInput): TrainingSettings | undefined => {
  if (network !== undefined) return presetNamed(network.name).training;
  if (encoding !== undefined) return undefined;
  return networkPresets.find(preset => preset.activation !== undefined && preset.activation === activation?.kind)
    ?.training;
};

/** The number of points of a step, unless it is all of them. */
const batchOf = (batch: TrainingSettings['batch'], points: number | undefined): SignalDefaults['batch'] =>
  batch === 'full' || batch >= (points ?? 0) ? 'full' : batch;

/**
 * The defaults, with the optimizer, rate and schedule of the network's paper if the settings name one; with the preset
 * `paper` also its number of steps and points, which can take hours.
 *
 * @param points of a picture or sound; `undefined` for a shape, whose points are not a set
 */
export const withNetworkTraining = (
  defaults: SignalDefaults,
  settings: DefaultsInput,
  points: number | undefined,
): SignalDefaults => {
  const training = trainingOf(settings);
  if (training === undefined) return defaults;
  const { learningRate, finalFactor, adam, steps, batch } = training;
  return {
    ...defaults,
    optimizer: 'adam',
    learningRates: rates(learningRate),
    schedule: finalFactor === undefined ? 'constant' : `exponential:${finalFactor}`,
    adam,
    ...(settings.preset === 'paper' && { steps, ...(points !== undefined && { batch: batchOf(batch, points) }) }),
  };
};
