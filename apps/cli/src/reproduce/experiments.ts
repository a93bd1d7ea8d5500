/** @file All experiments, in the order of `reproduce all`. */
import { sirenImage } from './experiments/siren-image.ts';
import type { Experiment } from './frame/experiment.ts';

/** All experiments. */
export const experiments: readonly Experiment[] = [sirenImage];
