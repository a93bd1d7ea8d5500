/** @file What may have been meant by a name that does not exist. */

/**
 * Insertions, deletions, exchanges of a character, and of two neighbours, that make one text of another: the
 * Damerau-Levenshtein distance in its restricted form (optimal string alignment).
 */
const distance = (a: string, b: string): number => {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchange = last[j - 1]! + Number(a[i - 1] !== b[j - 1]);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, exchange, swap));
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
};

/** Whether a text has all letters of another, in their order: `learningRate` has those of `lr`. */
const abbreviates = (short: string, name: string): boolean => {
  let found = 0;
  for (const letter of name) if (letter === short[found]) found += 1;
  return short[0] === name[0] && found === short.length;
};

/** The longest text that is compared. */
const MAX_LENGTH = 64;

/**
 * The names that may be meant by one that does not exist; none where no name is near. In this order: the nearest one
 * that differs in at most a third of its characters; all that begin with the text; the only one that contains it, or
 * that it abbreviates.
 */
export const nearestNames = (text: string, names: readonly string[]): readonly string[] => {
  const wanted = text.slice(0, MAX_LENGTH).toLowerCase();
  if (wanted === '') return [];
  const known = names.map(name => ({ name, lower: name.toLowerCase() }));
  const [nearest] = known
    .map(({ name, lower }) => ({ name, wrong: distance(wanted, lower) }))
    .filter(({ name, wrong }) => wrong <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.wrong - b.wrong);
  if (nearest) return [nearest.name];
  const namesThat = (suit: (lower: string) => boolean): readonly string[] =>
    known.filter(({ lower }) => suit(lower)).map(({ name }) => name);
  const beginning = namesThat(lower => lower.startsWith(wanted));
  if (beginning.length > 0) return beginning;
  const alone = [namesThat(lower => lower.includes(wanted)), namesThat(lower => abbreviates(wanted, lower))];
  return alone.find(found => found.length === 1) ?? [];
};
