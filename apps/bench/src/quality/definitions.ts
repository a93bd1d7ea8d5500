/** @file Definitions of the reported values, shared by the page and the report. */

import { SUFFICIENT } from './best-rate.ts';

/** Sentences without markup. */
export const definitions: readonly string[] = [
  'All peers fit the same SIREN (omega 30; in the first layer 10 for distances and 3000 for sound) from the same initial parameters to the same samples, and the same program evaluates them all.',
  'Seconds are computed: the number of steps times the time of a step, plus the additional time of the first step. The time of a step, including the selection of points, is measured separately from the fits: blocks of steps of all methods on a signal in turn, median of the rounds. Other load during the fits therefore has no effect on it. Wall is the measured time of the whole fit: the start of the program, training and evaluations.',
  'At the samples: PSNR of values in [-1, 1], not clipped. Between them: the field is fitted to a signal at half its resolution, evaluated at full resolution, and compared with the signal there; the baseline is an interpolation of the fitted samples (bicubic, or band-limited for sound). The IoU of signed distances is the intersection over union of the insides at the finer points.',
  'The steps to a quality are interpolated between the evaluations around it, linearly in dB. Several seeds: mean, and half the distance between the lowest and the highest.',
  `The best rate of a method: of the rates that reach ${SUFFICIENT} dB at the samples with all seeds, the one with the highest quality between them; where none does, the one with the highest quality at the samples. All rates are tried with the first seed; where the best is the lowest or the highest, the next one beyond, too. The best and its neighbours are tried with the other seeds. Programs with the same mathematics use the best rate of the first of them, unless --sweep-all-peers is given.`,
  'A cosine falls from the rate to 0 over the steps of the run, so it reaches an intermediate quality later than a run that is planned to end at that quality.',
];
