/** @file Many small fields at once: one `fit` of a batch of fields. */
import { adam, createFieldBatch, type FieldBatch, fit, parameterLayout, type Term } from '@neural-fields/core';
import type { FieldsProblem } from '../protocol.ts';
import { parametersOfOne, partOfField, readFields } from './fields-data.ts';
import { ENDLESS, type FieldsProgram, type FieldsRun, nextLoss } from './fields-program.ts';
import { fieldSpec, fieldTask } from './fields-task.ts';
import { gradientReader } from './gradient-reader.ts';

/**
 * Iterates over the parameters of all fields. Files store them field by field, a batch stores them parameter by
 * parameter.
 *
 * @param copy called with the name of a parameter, the field, and the range of the parameter in the file
 */
const forEachPart = (
  problem: FieldsProblem,
  copy: (name: string, field: number, begin: number, end: number) => void,
): void => {
  const { entries, size: parameterCount } = parameterLayout(fieldSpec(problem));
  for (const { name, offset, size } of entries)
    for (let field = 0; field < problem.fields; field++) {
      const begin = field * parameterCount + offset;
      copy(name, field, begin, begin + size);
    }
};

const create = (problem: FieldsProblem): { readonly fields: FieldBatch; readonly task: readonly Term[] } => {
  const { parameters: all, coords, targets } = readFields(problem);
  const count = problem.fields;
  const parameters: Record<string, Float32Array> = {};
  forEachPart(problem, (name, field, begin, end) => {
    parameters[name] ??= new Float32Array(count * (end - begin));
    parameters[name].set(all.subarray(begin, end), field * (end - begin));
  });
  const fields = createFieldBatch(fieldSpec(problem), { count, parameters });
  return { fields, task: fieldTask(coords, targets, count) };
};

const start = (problem: FieldsProblem): FieldsRun => {
  const { fields, task } = create(problem);
  const progress = fit(fields, task, { steps: ENDLESS, optimizer: adam({ learningRate: problem.learningRate }) });
  return {
    steps: async count => {
      const mean = await nextLoss(progress);
      for (let i = 1; i < count; i++) await nextLoss(progress);
      return mean * problem.fields;
    },
    dispose: async () => {
      await progress.return();
      fields.dispose();
    },
  };
};

const gradient = async (problem: FieldsProblem): Promise<Float32Array> => {
  const { fields, task } = create(problem);
  const reader = gradientReader();
  for await (const _ of fit(fields, task, { steps: 1, optimizer: reader.optimizer }));
  const found = await reader.read();
  const all = new Float32Array(problem.fields * parametersOfOne(problem));
  forEachPart(problem, (name, field, begin) =>
    all.set(partOfField(fields.layout.view(found, name), problem.fields, field), begin),
  );
  fields.dispose();
  return all;
};

/** One fit of all fields. */
export const fieldsBatch: FieldsProgram = { start, gradient };
