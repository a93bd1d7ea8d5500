/** @file What is wrong, as fields: programs compose the line for the terminal and the event of `--json` from them. */

/**
 * What is wrong, and what to do about it. `problem` states it in a clause of its own, or `wanted` and `got` do if a
 * value is wrong. All are text without a full stop.
 */
export interface Explanation {
  /** What it is about: an option, a file, or what failed. E.g. `--steps`, `cannot read 'photo.jpg'`. */
  readonly what?: string | undefined;
  readonly problem?: string | undefined;
  /** E.g. `an integer of at least 1`. */
  readonly wanted?: string | undefined;
  readonly got?: string | undefined;
  /** What would help. E.g. `--force overwrites it`. */
  readonly hint?: string | undefined;
}

/** `what: problem, wanted ..., got ...; hint`, without the parts that are absent. */
export const explanationLine = ({ what, problem, wanted, got, hint }: Explanation): string => {
  const values = [problem, wanted && `wanted ${wanted}`, got && `got ${got}`].filter(Boolean).join(', ');
  return [[what, values].filter(Boolean).join(': '), hint].filter(Boolean).join('; ');
};

/** Embeds an explanation in another: its `what` follows that of the whole. */
export const explanationWithin = (what: string, part: Explanation): Explanation => ({
  ...part,
  what: [what, part.what].filter(Boolean).join(': '),
});
