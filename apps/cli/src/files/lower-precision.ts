/** @file Rounds a field to the precision of its file, and says what that changes. */
import { explainedWithin, formatDecibels, InputError, plainNumber } from '@neural-fields/app-kit';
import { extensions } from '@neural-fields/app-kit/fitting';
import type { SignalDescription } from '@neural-fields/app-kit/signals';
import { createRng, type Field, type FieldData, readField } from '@neural-fields/core';
import { FieldFileError, type FieldPrecision, outputChange, roundFieldData } from '@neural-fields/core/files';
import { tensor, tidy } from '@tensorflow/tfjs-core';

/** The number of random points at which outputs are compared. */
const POINTS = 4096;

/** A rounded field. */
export interface LowerPrecision {
  readonly data: FieldData;
  /** For programs. */
  readonly figures: Readonly<Record<'largestChange' | 'rmsChange' | 'outputPsnr' | 'largestOutputChange', number>>;
  /** For people. */
  readonly text: string;
}

/** Uniformly random points of the box that a field represents. */
const pointsOf = (inFeatures: number, signal: SignalDescription | undefined): Float32Array => {
  const spans = signal !== undefined && 'spans' in signal ? signal.spans : [];
  const rng = createRng(0).fork('precision');
  return Float32Array.from({ length: POINTS * inFeatures }, (_, i) => {
    const [low, high] = spans[i % inFeatures] ?? [-1, 1];
    return low + (high - low) * rng.uniform();
  });
};

/**
 * Rounds a field to a precision.
 *
 * @param signal what the field represents
 * @returns `undefined` for float32
 * @throws InputError when the precision cannot represent a parameter
 */
export const lowerPrecision = async (
  data: FieldData,
  precision: FieldPrecision,
  signal: SignalDescription | undefined,
): Promise<LowerPrecision | undefined> => {
  if (precision === 'float32') return undefined;
  try {
    const { data: rounded, change } = roundFieldData(data, precision, extensions);
    const output = await outputChange(data, rounded, pointsOf(data.spec.inFeatures, signal), extensions);
    return {
      data: rounded,
      figures: {
        largestChange: change.largest,
        rmsChange: change.rms,
        outputPsnr: output.psnr,
        largestOutputChange: output.largest,
      },
      text:
        `${precision}: parameters change by at most ${plainNumber(change.largest)} (rms ${plainNumber(change.rms)}), ` +
        `values by at most ${plainNumber(output.largest)} (PSNR ${formatDecibels(output.psnr)})`,
    };
  } catch (cause) {
    if (!(cause instanceof FieldFileError)) throw cause;
    throw new InputError(explainedWithin(`cannot store the field in ${precision}`, cause), { cause });
  }
};

/**
 * Gives a field the parameters that a file of a precision has.
 *
 * @returns what that changed; `undefined` for float32
 * @throws InputError when the precision cannot represent a parameter
 */
export const roundField = async (
  field: Field,
  precision: FieldPrecision,
  signal: SignalDescription | undefined,
): Promise<LowerPrecision | undefined> => {
  if (precision === 'float32') return undefined;
  const lower = await lowerPrecision(await readField(field), precision, signal);
  tidy(() => {
    for (const [name, { shape, data }] of lower?.data.parameters ?? [])
      field.parameters[name]?.assign(tensor(data, [...shape]));
  });
  return lower;
};
