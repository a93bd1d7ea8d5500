/** @file A fit that trains in a way of its own, such as one that removes units. */
import { createProgress, describeError } from '@neural-fields/app-kit';
import { openCurve } from '@neural-fields/app-kit/fitting';
import { DivergenceError } from '@neural-fields/core';
import type { CurvePoint, FitPlan, FittedModel, TrainedModel } from './experiment.ts';
import { writeFinishedFit } from './finished-fit.ts';
import { curveFileOf, type FitContext, filesOf, newModel, optionsOf } from './fit-files.ts';
import type { FitIdentity } from './fit-identity.ts';

/**
 * Runs the training of a plan to its end, and saves its model. A training that diverges counts as finished, with the
 * model as it was before.
 *
 * @throws the abort reason of the signal when it is stopped; it then starts again
 */
export const runTraining = async <M extends TrainedModel>(
  plan: FitPlan<M>,
  train: NonNullable<FitPlan<M>['train']>,
  identity: FitIdentity,
  { folder, backend, output, signal }: FitContext,
): Promise<FittedModel<M>> => {
  const { name, label, variantOf } = plan;
  const files = filesOf(folder, name);
  const curve = await openCurve<CurvePoint>(curveFileOf(files), { step: 0, output });
  const progress = createProgress(output, { total: plan.steps, unit: 'step' });
  const begun = performance.now();
  const elapsed = (): number => (performance.now() - begun) / 1000;
  const start = newModel(plan);
  let model: M | undefined;
  let diverged: string | undefined;
  let steps = 0;
  try {
    const training = train({ terms: plan.terms(start), options: optionsOf(plan, start, backend), signal });
    while (model === undefined) {
      const next = await training.next();
      if (next.done) model = next.value;
      else {
        const { step, loss } = next.value;
        steps = step;
        curve.add({ step, seconds: elapsed(), loss });
        const figures = [`loss ${loss.toExponential(2)}`];
        progress.update(step, figures, (elapsed() / step) * (plan.steps - step));
        output.event('progress', { fit: name, step, loss });
      }
    }
    start.dispose();
  } catch (error) {
    if (!(error instanceof DivergenceError)) {
      start.dispose();
      throw error;
    }
    diverged = describeError(error);
    steps = 0;
    model = start;
  } finally {
    progress.stop();
  }
  const seconds = elapsed();
  curve.save();
  await writeFinishedFit(files.model, plan, model, { identity, steps, seconds, diverged, recoveries: 0 });
  return { name, label, variantOf, model, steps, seconds, diverged, recoveries: 0, curve: curve.points };
};
