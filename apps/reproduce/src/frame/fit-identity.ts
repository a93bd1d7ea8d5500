/** @file The identity of a fit: a finished or interrupted fit is reused only by a fit with the same identity. */
import { type Extensions, type FieldSpec, parseSpec } from '@neural-fields/core';
import type { FitPlan, TrainedModel } from './experiment.ts';

/** Everything that the result of a fit depends on, as text by name. */
export type FitIdentity = Readonly<Record<string, string>>;

const specText = (spec: FieldSpec, extensions?: Extensions): string => JSON.stringify(parseSpec(spec, extensions));

/** What is fitted, as text. */
const modelText = ({ spec, extensions, model: create }: FitPlan<TrainedModel>): string => {
  if (create === undefined) return specText(spec, extensions);
  const model = create();
  model.dispose();
  return JSON.stringify(model.description);
};

/** The identity of a fit on a backend. */
export const fitIdentity = (plan: FitPlan<TrainedModel>, backend: string): FitIdentity => ({
  network: modelText(plan),
  steps: String(plan.steps),
  seed: String(plan.seed),
  optimizer: JSON.stringify({ kind: plan.optimizer.kind, ...plan.optimizer.settings }),
  schedule: plan.schedule?.describe(plan.steps) ?? 'constant',
  'clip norm': String(plan.clipNorm ?? 'none'),
  backend,
  ...plan.identity,
});

/** The name of the first property in which two fits differ; `undefined` when they are the same. */
export const firstDifference = (saved: FitIdentity, wanted: FitIdentity): string | undefined => {
  for (const name of new Set([...Object.keys(wanted), ...Object.keys(saved)]))
    if (saved[name] !== wanted[name])
      return `its ${name} is ${saved[name] ?? 'absent'}, and this run's is ${wanted[name] ?? 'absent'}`;
  return undefined;
};
