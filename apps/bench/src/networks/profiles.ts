/** @file Plans by name. */
import { networkPresets } from '@neural-fields/networks';
import type { NetworksPlan } from './plan.ts';
import { comparisonTasks, taskNamed } from './tasks/tasks.ts';

/** A plan before it is known which networks can take part. */
export type NetworksProfile = Omit<NetworksPlan, 'isPossible'>;

const tasksNamed = (...names: readonly string[]): NetworksPlan['tasks'] =>
  names.map(name => ({ name, size: taskNamed(name).size }));

const common = {
  ...{ training: 'common' as const, seeds: [0, 1, 2], evaluations: 10 },
  rates: [3e-4, 1e-3, 3e-3],
  // Downwards, since the papers' frequencies suit pictures of more samples; and far, since between frequencies that are
  // too high there is no slope: the highest learn nothing, which is better between the samples than noise.
  frequencyFactors: [1 / 8, 1 / 4, 1 / 2, 1],
};

/** The profiles by name. */
export const networksProfiles: Readonly<Record<'quick' | 'full', NetworksProfile>> = {
  quick: {
    ...common,
    tasks: tasksNamed('picture', 'sound', 'gradients', 'inpainting', 'sdf'),
    networks: [
      ...['siren', 'finer', 'wire', 'gaussian', 'relu', 'relu-positional-encoding', 'relu-fourier-features'],
      ...['instant-ngp', 'tanh'],
    ],
    parameters: 10_000,
    budget: { steps: 300 },
    neighbours: 0,
  },
  full: {
    ...common,
    tasks: comparisonTasks.map(({ name, size }) => ({ name, size })),
    networks: networkPresets.map(({ name }) => name),
    parameters: 20_000,
    budget: { steps: 1000 },
    neighbours: 1,
  },
};
