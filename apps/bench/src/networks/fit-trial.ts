/** @file One fit of the comparison, from the network to its figures. */
import { createField, DivergenceError, type Field, fit } from '@neural-fields/core';
import { networkExtensions as extensions } from '@neural-fields/networks';
import { type DenseArray, encodeImage } from '@neural-fields/signals';
import { bandsOf } from './bands.ts';
import { sampledField } from './field-sampler.ts';
import { networkOfTrial, trainingOfTrial } from './network-of-trial.ts';
import type { NetworkCurvePoint, NetworkResult, TaskFacts } from './results.ts';
import type { ComparisonTask, Figures, TaskProblem } from './tasks/task.ts';
import type { NetworkTrial } from './trial.ts';

/** What a trial is run with. */
export interface FitTrialOptions {
  readonly task: ComparisonTask;
  readonly problem: TaskProblem;
  readonly steps: number;
  /** How often figures are measured, evenly over the steps. */
  readonly evaluations: number;
}

/** A field that equals the truth has no finite PSNR. */
const MOST = 200;

const toBase64 = async (picture: DenseArray): Promise<string> =>
  Buffer.from(await encodeImage(picture, { format: 'png' })).toString('base64');

/** What is shown of the truth. */
export const truthFacts = async ({ truth }: TaskProblem): Promise<Pick<TaskFacts, 'bands' | 'picture'>> => ({
  ...(truth.values && { bands: bandsOf(truth.values) }),
  ...(truth.picture && { picture: await toBase64(truth.picture) }),
});

/** Figures that are finite; `undefined` where the one that decides is not. */
const usableFigures = (all: Figures, decides: string): Figures | undefined => {
  const finite = Object.entries(all).flatMap(([name, value]) =>
    Number.isNaN(value) || value === Number.NEGATIVE_INFINITY ? [] : [[name, Math.min(MOST, value)] as const],
  );
  const usable = Object.fromEntries(finite);
  return usable[decides] === undefined ? undefined : usable;
};

const inspect = async (
  field: Field,
  { problem, scale }: { readonly problem: TaskProblem; readonly scale: number },
): Promise<Pick<NetworkResult, 'bands' | 'picture'>> => {
  const { values, picture } = await problem.draw(sampledField(field, scale));
  return {
    ...(values && problem.truth.values && { bands: bandsOf(problem.truth.values, values) }),
    ...(picture && { picture: await toBase64(picture) }),
  };
};

/** Fits the network of a trial, and measures it. A fit that diverges is a result with its curve until then. */
export const fitTrial = async (trial: NetworkTrial, options: FitTrialOptions): Promise<NetworkResult> => {
  const { task, problem, steps, evaluations } = options;
  const begun = performance.now();
  const { spec, coordinateScale: scale, options: own, parameters } = networkOfTrial(trial, task, problem);
  const decides = task.figures[0].name;
  const field = createField(spec, { seed: trial.seed, extensions });
  const curve: NetworkCurvePoint[] = [];
  let diverged: string | undefined;
  try {
    const settings = {
      ...{ steps, seed: trial.seed, reportEvery: Math.ceil(steps / evaluations), ...trainingOfTrial(trial) },
      ...(task.clipNorm !== undefined && { clipNorm: task.clipNorm }),
    };
    for await (const { step } of fit(field, problem.terms(scale), settings)) {
      const figures = usableFigures(await problem.measure(sampledField(field, scale)), decides);
      if (figures === undefined) {
        diverged = `the field is not finite after step ${step}`;
        break;
      }
      curve.push({ step, figures });
    }
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    diverged = error.message;
  }
  try {
    return {
      ...{ trial, parameters, options: own, steps, curve },
      ...(diverged === undefined
        ? { figures: curve.at(-1)?.figures ?? {}, ...(await inspect(field, { problem, scale })) }
        : { figures: {}, diverged }),
      wall: (performance.now() - begun) / 1000,
    };
  } finally {
    field.dispose();
  }
};
