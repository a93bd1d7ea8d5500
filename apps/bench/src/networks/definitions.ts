/** @file What the figures of the comparison mean. */

/** Sentences without markup. */
export const definitions: readonly string[] = [
  'Every network is fitted to the same data with the same number of parameters, as near as its width allows, and the same budget of steps or of seconds. Grids take their parameters in tables: the small network behind them keeps the width of its paper where it can.',
  'Training: Adam, the rate falls to 0 by a cosine, all samples in each step; for signed distances new points in each step. With --as-published each network has the rate, schedule and Adam of its paper.',
  'Two settings decide how well a network does, so both are swept for every network and task with the first seed: the frequencies (omega0, the width of a Gaussian, the deviation of Fourier features, the finest cells of a grid), as factors on those of its paper, and then the learning rate at the best of them. Where the best value is the lowest or the highest, values beyond it are tried. The best is the one with the highest first figure of the task, which is measured on data that the network does not see. The best setting is fitted with the other seeds: tables have the mean, and half the distance between the lowest and the highest.',
  'Sounds have coordinates in [-100, 100] for networks without an encoding, as in the SIREN paper; octaves and grid cells follow from the number of samples.',
  'Decibels are PSNRs: of values in [-1, 1], and of gradients and Laplacians with the range of the truth. Between the samples: the network is fitted to a signal at half its resolution, evaluated at full resolution and compared there. Gradients between samples are central differences there.',
  'Seconds are computed: steps times the time of a step on all cores, which is measured apart from the fits in blocks of steps of all networks in turn, median of the rounds. Load during the fits has no effect on them.',
  'A fit that diverges is a result. Without a network: what a classical method makes of the same data; a dotted line in the plots.',
];
