/** @file What may have been meant by a name that does not exist. */

/**
 * Insertions, deletions, exchanges of a character, and of two neighbours, that make one text of another (Damerau's
 * distance, restricted).
 */
const distance = (a: string, b: string): number => {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchange = (last[j - 1] as number) + Number(a[i - 1] !== b[j - 1]);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? (before[j - 2] as number) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min((last[j] as number) + 1, (row[j - 1] as number) + 1, exchange, swap));
    }
    [before, last] = [last, row];
  }
  return last[b.length] as number;
};

/** The longest text that is compared. */
const LONGEST = 64;

/**
 * `; did you mean 'siren-wave'?` when a name is near enough: a third of its characters wrong at most, or a part of one
 * name alone. Else nothing.
 */
export const didYouMean = (text: string, names: readonly string[]): string => {
  const wanted = text.slice(0, LONGEST).toLowerCase();
  const near = names
    .map(name => ({ name, wrong: distance(wanted, name.toLowerCase()) }))
    .filter(({ name, wrong }) => wrong <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.wrong - b.wrong);
  const containing = wanted === '' ? [] : names.filter(name => name.toLowerCase().includes(wanted));
  const found = near[0]?.name ?? (containing.length === 1 ? containing[0] : undefined);
  return found === undefined ? '' : `; did you mean '${found}'?`;
};
