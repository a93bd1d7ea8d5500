/** @file Checks peers that train many fields against the float64 reference before they are timed. */
import { join } from 'node:path';
import { fieldSizes, partOfField, readFields, readFloats } from '../peers/fields-data.ts';
import type { FieldsProblem } from '../protocol.ts';
import type { MeasuredProblem, Verification } from '../speed/measure-case.ts';
import { lossGradient, type ReferenceProblem, referenceSteps } from '../speed/reference.ts';
import type { Disagreement } from '../speed/results.ts';
import { relativeDistance } from '../speed/statistics.ts';
import { describeDisagreement } from '../speed/verifier.ts';

/** The number of points when all fields are checked: float64 in plain JavaScript is slow. */
export const CHECKED_POINTS = 16;
/** Seconds; whole steps may have to be compiled. */
const CHECK_TIMEOUT = 600;

/** Checks each peer once. */
export interface FieldsVerifier {
  readonly verify: MeasuredProblem<FieldsProblem>['verify'];
  /** By peer. */
  readonly disagreements: Readonly<Record<string, Disagreement>>;
}

const referenceOf = (problem: FieldsProblem): ((field: number) => ReferenceProblem) => {
  const { parameters, coords, targets } = readFields(problem);
  const { omega, fields } = problem;
  const sizes = fieldSizes(problem);
  return field => ({
    ...{ supervision: 'value', sizes, omega, coords },
    parameters: partOfField(parameters, fields, field),
    targets: partOfField(targets, fields, field),
  });
};

/** The largest distance of a field's gradient from its reference, so that no field can hide among the others. */
const worstGradient = (
  gradients: Float32Array,
  fields: number,
  references: ReadonlyMap<number, ArrayLike<number>>,
): number => {
  const distances = [...references].map(([field, reference]) =>
    relativeDistance(partOfField(gradients, fields, field), reference),
  );
  // Not Math.max alone: a distance that is NaN must not pass.
  return distances.every(Number.isFinite) ? Math.max(...distances) : Number.POSITIVE_INFINITY;
};

/**
 * With few points the gradients of all fields and the losses of three steps of Adam are checked; with all points, as
 * they are timed, the gradients of the first, the middle and the last field.
 *
 * @param folder for the peers' gradients
 * @param small the same fields with few points
 */
export const createFieldsVerifier = (folder: string, small: FieldsProblem, whole: FieldsProblem): FieldsVerifier => {
  const { fields } = whole;
  const disagreements: Record<string, Disagreement> = {};

  const smallReference = lazily(() => {
    const of = referenceOf(small);
    const gradients = new Map<number, Float64Array>();
    const losses = [0, 0, 0];
    for (let field = 0; field < fields; field++) {
      const reference = referenceSteps(of(field), small.learningRate);
      gradients.set(field, reference.gradient);
      for (const [step, loss] of reference.losses.entries()) losses[step]! += loss;
    }
    return { gradients, losses };
  });
  const wholeReference = lazily(() => {
    const of = referenceOf(whole);
    const some = new Set([0, Math.floor(fields / 2), fields - 1]);
    return new Map([...some].map(field => [field, lossGradient(of(field)).gradient]));
  });

  const verify: FieldsVerifier['verify'] = async (name, process, { way }): Promise<Verification> => {
    const gradientFile = join(folder, `gradient-${name}.f32`);
    const check = (problem: FieldsProblem) =>
      process.check({ problem, gradientFile, ...(way !== undefined && { way }) }, CHECK_TIMEOUT);
    const { losses } = await check(small);
    const expected = smallReference();
    const distances = expected.losses.map((loss, i) => Math.abs((losses[i] ?? Number.NaN) / loss - 1));
    const gradient = worstGradient(readFloats(gradientFile), fields, expected.gradients);
    await check(whole);
    const disagreement = {
      gradient: Math.max(gradient, worstGradient(readFloats(gradientFile), fields, wholeReference())),
      loss: distances.every(Number.isFinite) ? Math.max(...distances) : Number.POSITIVE_INFINITY,
    };
    disagreements[name] = disagreement;
    const problem = describeDisagreement(disagreement, process.description);
    // The time of a check is mostly overhead here, so it gives no estimate of a step.
    return { guess: 0, ...(problem !== undefined && { problem }) };
  };
  return { verify, disagreements };
};

const lazily = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};
