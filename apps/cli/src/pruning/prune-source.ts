/** @file The signal of a field that is pruned. */
import { InputError } from '@neural-fields/app-kit';
import type { AudioDescription, ImageDescription, SignalDescription } from '@neural-fields/app-kit/signals';
import { createRng, type Field } from '@neural-fields/core';
import type { PointSet } from '@neural-fields/signals';
import type { LoadedField } from '../files/load-field.ts';
import { readOriginal } from '../signals/read-original.ts';

/** The signal of a field. */
export interface Source {
  readonly description: ImageDescription | AudioDescription;
  readonly points: PointSet;
  /** The SHA-256 of the points in hexadecimal digits. */
  readonly sha256: string;
  /** The points of a finer version. */
  readonly finer: PointSet | undefined;
}

/** @throws InputError when the field is that of a shape or unknown, or the file does not fit it */
export const readSource = async (path: string, { signal }: LoadedField, field: string): Promise<Source> => {
  if (signal === undefined || signal.kind === 'shape')
    throw new InputError({
      what: `'${field}'`,
      wanted: 'the field of a picture or a sound, to fit on with --signal',
      got: signal === undefined ? 'a field that does not say what it represents' : 'one of a shape',
      hint: 'without --signal it is pruned without fitting on',
    });
  const { points, sha256 } = await readOriginal(path, signal);
  if (points === undefined) throw new InputError({ what: `--signal '${path}'`, problem: 'it has no samples' });
  return { description: signal, points, sha256, finer: await readFiner(path, signal) };
};

/** The signal at twice the resolution; `undefined` where the file has no more than was fitted. */
const readFiner = async (path: string, signal: SignalDescription): Promise<PointSet | undefined> => {
  if (signal.kind !== 'image') return undefined;
  try {
    return (await readOriginal(path, { ...signal, width: 2 * signal.width, height: 2 * signal.height })).points;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
};

/** Uniformly random points of the box that a field represents. */
export const randomPoints = (
  field: Field,
  signal: SignalDescription | undefined,
  count: number,
  seed: number,
): Float32Array => {
  const spans = signal !== undefined && 'spans' in signal ? signal.spans : [];
  const rng = createRng(seed).fork('points');
  return Float32Array.from({ length: count * field.inFeatures }, (_, i) => {
    const [low, high] = spans[i % field.inFeatures] ?? [-1, 1];
    return low + (high - low) * rng.uniform();
  });
};
