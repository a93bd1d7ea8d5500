/** @file Many small fields one after the other: a `fit` for each of them, as it can be written for fields of any kind. */
import {
  adam,
  createField,
  type Field,
  type FitProgress,
  fit,
  parameterLayout,
  siren,
  type Term,
  term,
} from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import type { FieldsProblem } from '../protocol.ts';
import { type FieldsData, OUT_FEATURES, parametersOfOne, partOfField, readFields } from './fields-data.ts';
import type { FieldsRun } from './fields-peer.ts';
import { gradientReader } from './gradient-reader.ts';

/** More steps than anybody waits for. */
const ENDLESS = 1_000_000_000;

interface OneField {
  readonly field: Field;
  readonly task: readonly Term[];
}

const createOne = (problem: FieldsProblem, { parameters, coords, targets }: FieldsData, index: number): OneField => {
  const { width, layers, omega, points: count, fields } = problem;
  const size = { inFeatures: 2, outFeatures: OUT_FEATURES, hiddenFeatures: width, hiddenLayers: layers - 1 };
  const spec = siren({ ...size, omega0: omega, omegaHidden: omega });
  const views = parameterLayout(spec).toMap(partOfField(parameters, fields, index));
  const field = createField(spec, { parameters: Object.fromEntries([...views].map(([name, { data }]) => [name, data])) });
  const value = partOfField(targets, fields, index);
  const points = {
    inFeatures: 2,
    pointsPerStep: count,
    fixed: true,
    draw: (start: number, drawn: number) => ({
      coords: coords.subarray(2 * start, 2 * (start + drawn)),
      targets: { value: value.subarray(OUT_FEATURES * start, OUT_FEATURES * (start + drawn)) },
    }),
  };
  return { field, task: [term({ points, loss: mse() })] };
};

const indices = ({ fields }: FieldsProblem): number[] => Array.from({ length: fields }, (_, index) => index);

/** The fits of all fields from their initial parameters, each of which takes its step in turn. */
export const createFieldsLoop = (problem: FieldsProblem): FieldsRun => {
  const data = readFields(problem);
  const optimizer = adam({ learningRate: problem.learningRate });
  const runs = indices(problem).map((index): { readonly field: Field; readonly fit: AsyncGenerator<FitProgress, void> } => {
    const { field, task } = createOne(problem, data, index);
    return { field, fit: fit(field, task, { steps: ENDLESS, optimizer }) };
  });
  return {
    step: async () => {
      let sum = 0;
      for (const run of runs) {
        const { value } = await run.fit.next();
        if (value === undefined) throw new Error('the fit has ended');
        sum += value.loss;
      }
      return sum;
    },
    dispose: async () => {
      for (const run of runs) {
        await run.fit.return();
        run.field.dispose();
      }
    },
  };
};

/** The gradients of all fields at their initial parameters: f32[b, P]. */
export const loopGradient = async (problem: FieldsProblem): Promise<Float32Array> => {
  const data = readFields(problem);
  const all = new Float32Array(problem.fields * parametersOfOne(problem));
  for (const index of indices(problem)) {
    const { field, task } = createOne(problem, data, index);
    const reader = gradientReader();
    for await (const _ of fit(field, task, { steps: 1, optimizer: reader.optimizer }));
    partOfField(all, problem.fields, index).set(await reader.read());
    field.dispose();
  }
  return all;
};
