/** @file Definitions of the reported values, shared by the page and the report. */

/** Sentences without markup. */
export const definitions: readonly string[] = [
  'All peers fit the same SIREN (omega 30) from the same initial parameters to the same samples, and the same program evaluates them all.',
  'Seconds are those of training steps alone, with the choice of points, first steps and reports, without evaluations. Wall is the time of the whole trial: the start of the program, the run that converts a budget in seconds to steps, and evaluations.',
  'At the samples: PSNR of values in [-1, 1], not clipped. Between them: the field is fitted to a signal at half its resolution, drawn at all of it, and compared with it there; an interpolation of the fitted samples (bicubic; of sound, band-limited) is what it has to beat.',
  'The time to a quality is interpolated between the evaluations around it, linearly in dB. Several seeds: mean, and half the distance between the lowest and the highest.',
  'A cosine falls from the rate to 0 over the steps of the run, so a quality on the way is reached later than by a run that is planned to end there.',
];
