/** @file How often a fit reports and is measured, and the plot of the measurements. */
import type { Field } from '@neural-fields/core';
import type { FitPlan, FittedField } from '../frame/experiment.ts';
import type { LinePlot } from '../frame/findings.ts';

/** The approximate number of points in a curve. */
const REPORTS = 400;
const MEASUREMENTS = 20;

/** Steps between reports, and between measurements. */
export const reportSteps = (steps: number): { readonly reportEvery: number; readonly everySteps: number } => {
  const reportEvery = Math.max(1, Math.floor(steps / REPORTS));
  return { reportEvery, everySteps: reportEvery * Math.max(1, Math.round(steps / MEASUREMENTS / reportEvery)) };
};

/** The part of a plan that measures an error during the fit. */
export const watchError = (
  steps: number,
  measure: (field: Field) => Promise<number>,
): Pick<FitPlan, 'reportEvery' | 'watch'> => {
  const { reportEvery, everySteps } = reportSteps(steps);
  return { reportEvery, watch: { everySteps, measure } };
};

/**
 * The plot of the watched errors.
 *
 * @param iterations gradient evaluations per step of a fit, by the fit's name; 1 for fits that are not listed
 */
export const errorPlot = (
  fits: readonly FittedField[],
  {
    name,
    title,
    iterations,
  }: { readonly name: string; readonly title: string; readonly iterations: Readonly<Record<string, number>> },
): LinePlot => ({
  name,
  title,
  caption: ' A step of Adam is one iteration, a step of L-BFGS up to 20.',
  x: { label: 'iteration' },
  y: { label: 'relative error', logarithmic: true },
  lines: fits.map(fit => {
    const points = fit.curve.filter(({ watched }) => watched !== undefined && watched > 0);
    return {
      name: fit.label,
      x: points.map(({ step }) => step * (iterations[fit.name] ?? 1)),
      y: points.map(({ watched }) => watched as number),
    };
  }),
});
