/** @file A signal that is ready to be fitted. */
import { createHash } from 'node:crypto';
import type { PointSet } from '@neural-fields/signals';
import type { SignalDescription } from './signal-description.ts';

/** Points to fit, and what they stand for. */
export interface PreparedSignal {
  readonly description: SignalDescription;
  /** All points with their targets `value`, as the field shall have them. */
  readonly points: PointSet;
  /** Of the description and the targets: two runs with the same hash fit the same thing. */
  readonly sha256: string;
  /** What was done to the file's content, in sentences. */
  readonly notes: readonly string[];
}

/** How many points are looked at together. */
const CHUNK = 65_536;

/** The hash of everything that a fit sees of a signal. */
export const hashSignal = (description: SignalDescription, points: PointSet): string => {
  const hash = createHash('sha256').update(JSON.stringify(description));
  for (let start = 0; start < points.size; start += CHUNK) {
    const numbers = Float64Array.from({ length: Math.min(CHUNK, points.size - start) }, (_, i) => start + i);
    const value = points.at(numbers).targets?.['value'] as Float32Array;
    hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  }
  return hash.digest('hex');
};
