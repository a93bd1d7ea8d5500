/** @file Definitions of the reported values, shared by the page and the report. */

import { SUFFICIENT } from './best-rate.ts';

/** Sentences without markup. */
export const definitions: readonly string[] = [
  'All peers fit the same SIREN (omega 30) from the same initial parameters to the same samples, and the same program evaluates them all.',
  'Seconds are computed: what the first step takes beyond the others, and the steps times the time of a step. The time of a step, with the choice of points, is measured apart from the fits: blocks of steps of all methods on a signal in turns, median of the rounds. So it does not matter what else the machine did during the fits. Wall is the time of the whole fit as it was: the start of the program, training and evaluations.',
  'At the samples: PSNR of values in [-1, 1], not clipped. Between them: the field is fitted to a signal at half its resolution, drawn at all of it, and compared with it there; an interpolation of the fitted samples (bicubic; of sound, band-limited) is what it has to beat.',
  'The steps to a quality are interpolated between the evaluations around it, linearly in dB. Several seeds: mean, and half the distance between the lowest and the highest.',
  `The best rate of a method: of the rates that reach ${SUFFICIENT} dB at the samples with all seeds, the one with the highest quality between them; where none does, the one with the highest quality at the samples. All rates are tried with the first seed; where the best is the lowest or the highest, the next one beyond, too. The best and its neighbours are tried with the other seeds. Programs with the same mathematics use the best rate of the first of them, unless --sweep-all-peers is given.`,
  'A cosine falls from the rate to 0 over the steps of the run, so a quality on the way is reached later than by a run that is planned to end there.',
];
