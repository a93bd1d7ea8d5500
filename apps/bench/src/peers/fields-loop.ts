/**
 * @file Many small fields one after the other: a `fit` for each of them, as it can be written for fields of any kind.
 */
import { adam, createField, type Field, type FitProgress, fit, parameterLayout, type Term } from '@neural-fields/core';
import type { FieldsProblem } from '../protocol.ts';
import { type FieldsData, parametersOfOne, partOfField, readFields } from './fields-data.ts';
import { ENDLESS, type FieldsProgram, type FieldsRun, nextLoss } from './fields-program.ts';
import { fieldSpec, fieldTask } from './fields-task.ts';
import { gradientReader } from './gradient-reader.ts';

interface OneField {
  readonly field: Field;
  readonly task: readonly Term[];
}

const createOne = (problem: FieldsProblem, { parameters, coords, targets }: FieldsData, index: number): OneField => {
  const spec = fieldSpec(problem);
  const views = parameterLayout(spec).toMap(partOfField(parameters, problem.fields, index));
  const field = createField(spec, {
    parameters: Object.fromEntries([...views].map(([name, { data }]) => [name, data])),
  });
  return { field, task: fieldTask(coords, partOfField(targets, problem.fields, index)) };
};

const indices = ({ fields }: FieldsProblem): number[] => Array.from({ length: fields }, (_, index) => index);

const start = (problem: FieldsProblem): FieldsRun => {
  const data = readFields(problem);
  const optimizer = adam({ learningRate: problem.learningRate });
  const runs = indices(problem).map(
    (index): { readonly field: Field; readonly fit: AsyncGenerator<FitProgress, void> } => {
      const { field, task } = createOne(problem, data, index);
      return { field, fit: fit(field, task, { steps: ENDLESS, optimizer }) };
    },
  );
  return {
    steps: async count => {
      let sum = 0;
      for (const run of runs) {
        sum += await nextLoss(run.fit);
        for (let i = 1; i < count; i++) await nextLoss(run.fit);
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

const gradient = async (problem: FieldsProblem): Promise<Float32Array> => {
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

/**
 * A fit for each field, one after the other. A fit yields to the event loop when it has not done so for 30 ms, which is
 * the case at the first step of each round: with one step per round, most of the time would be spent yielding.
 */
export const fieldsLoop: FieldsProgram = { start, gradient, minSteps: 8 };
