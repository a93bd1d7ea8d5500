/**
 * @file Validates the batches of a point source: shapes when they are drawn, values when they may be the cause of a bad
 *   loss.
 */

import type { StepInputs } from '../step-inputs.ts';
import { describeNonFinite, findNonFinite, type NonFiniteValues } from './non-finite.ts';
import type { PointBatch } from './points.ts';
import type { Term } from './term.ts';

/** The prefix of the inputs of a step in a fault. */
const INPUT = 'inputs.';

/** The location of points or targets that are not finite. */
export interface PointDataFault extends NonFiniteValues {
  /** The term's name. */
  readonly term: string;
  /** `coords`, the name of a target, or `inputs.` and the name of an input. */
  readonly array: string;
  /** The number of values that were checked. */
  readonly size: number;
  /** The step that the points were drawn for; absent where every step has the same points. */
  readonly step?: number;
}

/** Thrown by `fit` when points or targets are not finite. The field then has the parameters of the last good report. */
export class PointDataError extends RangeError {
  override readonly name = 'PointDataError';
  readonly fault: PointDataFault;
  /** What is wrong, without the function. */
  readonly reason: string;

  constructor(fault: PointDataFault, options?: ErrorOptions) {
    const { term, array, size, step } = fault;
    const what = array === 'coords' ? 'points' : array.startsWith(INPUT) ? 'inputs' : 'targets';
    const when = step === undefined ? '' : `, in the points that were drawn for step ${step}`;
    const reason = `the ${what} of term '${term}' must be finite: ${describeNonFinite(array, fault, size)}${when}`;
    super(`fit: ${reason}`, options);
    this.fault = fault;
    this.reason = reason;
  }
}

const typeOf = (value: unknown): string =>
  value === undefined || value === null
    ? String(value)
    : Array.isArray(value)
      ? 'an array'
      : `a ${value.constructor?.name ?? typeof value}`;

/**
 * Validates the inputs of a step, including their values, of which there are few.
 *
 * @throws TypeError when one has no array, RangeError when its length is not that of its shape, PointDataError when a
 *   value is not finite
 */
export const assertInputs = ({ name: term }: Term, inputs: StepInputs): void => {
  for (const [name, { shape, data }] of Object.entries(inputs)) {
    if (!(data instanceof Float32Array))
      throw new TypeError(`term '${term}': the input '${name}' must have a Float32Array, got ${typeOf(data)}`);
    const size = shape.reduce((product, length) => product * length, 1);
    if (data.length !== size)
      throw new RangeError(
        `term '${term}': the input '${name}' must have ${size} values for [${shape.join(', ')}], got ${data.length}`,
      );
    const fault = findNonFinite(data);
    if (fault) throw new PointDataError({ term, array: `${INPUT}${name}`, size, ...fault });
  }
};

/** The number of values at each point in every target of a term, by name. */
export type TargetWidths = ReadonlyMap<string, number>;

/**
 * Validates a batch except for its values, and returns the widths of its targets.
 *
 * @param expected the widths of the previous batches, if any
 * @throws TypeError when an array is not a Float32Array, RangeError when its length is wrong
 */
export const assertBatch = (
  { name: term, points: { inFeatures, fields } }: Term,
  batch: PointBatch,
  count: number,
  expected: TargetWidths | undefined,
): TargetWidths => {
  if (typeof batch !== 'object' || batch === null)
    throw new TypeError(`term '${term}': draw must return an object with coords, got ${typeOf(batch)}`);
  const { coords, targets = {} } = batch;
  if (!(coords instanceof Float32Array))
    throw new TypeError(`term '${term}': draw must return coords as a Float32Array, got ${typeOf(coords)}`);
  const rows = (fields ?? 1) * count;
  if (coords.length !== count * inFeatures && coords.length !== rows * inFeatures)
    throw new RangeError(
      `term '${term}': draw must return ${count} points of ${inFeatures} coordinates${fields === undefined ? '' : `, or as many for each of ${fields} fields`}, got ${coords.length} values`,
    );
  const widths = new Map<string, number>();
  for (const [name, values] of Object.entries(targets)) {
    if (!(values instanceof Float32Array))
      throw new TypeError(`term '${term}': target '${name}' must be a Float32Array, got ${typeOf(values)}`);
    if (values.length % rows !== 0 || values.length === 0)
      throw new RangeError(
        `term '${term}': target '${name}' must have the same number of values for each of ${rows} points, got ${values.length}`,
      );
    widths.set(name, values.length / rows);
  }
  const describe = (all: TargetWidths): string =>
    [...all].map(([name, width]) => `${name} [n, ${width}]`).join(', ') || 'none';
  const isSame =
    expected === undefined || (expected.size === widths.size && [...expected].every(([k, w]) => widths.get(k) === w));
  if (!isSame)
    throw new RangeError(
      `term '${term}': draw must return the targets ${describe(expected)} as before, got ${describe(widths)}`,
    );
  return widths;
};

/** Scans the batches of a term for values that are not finite. */
export class PointDataScan {
  readonly #term: string;
  readonly #step: number | undefined;
  readonly #found = new Map<string, { size: number; fault: NonFiniteValues | undefined }>();

  /** @param step as in {@link PointDataFault} */
  constructor({ name }: Term, step?: number) {
    this.#term = name;
    this.#step = step;
  }

  add({ coords, targets = {} }: PointBatch): void {
    for (const [array, values] of [['coords', coords] as const, ...Object.entries(targets)]) {
      const { size, fault } = this.#found.get(array) ?? { size: 0, fault: undefined };
      const here = findNonFinite(values);
      const first = fault ?? (here && { ...here, index: size + here.index });
      const count = (fault?.count ?? 0) + (here?.count ?? 0);
      this.#found.set(array, { size: size + values.length, fault: first && { ...first, count } });
    }
  }

  /** The first fault found, in the coordinates or else in a target. */
  fault(): PointDataFault | undefined {
    for (const [array, { size, fault }] of this.#found)
      if (fault)
        return { term: this.#term, array, size, ...fault, ...(this.#step !== undefined && { step: this.#step }) };
    return undefined;
  }
}
