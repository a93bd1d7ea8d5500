/** @file What a field file says about how its field was pruned. */
import { formatCount, formatDecibels, plural } from '@neural-fields/app-kit';
import type { Field } from '@neural-fields/core';
import { unitsOf } from '@neural-fields/pruning';

/** The metadata key of the pruning. */
export const PRUNED_KEY = 'pruned';

/** How a field was pruned. */
export interface Pruning {
  /** The number of parameters before and after. */
  readonly from: number;
  readonly to: number;
  readonly criterion: string;
  /** The steps of the fit while it was pruned; 0 for none. */
  readonly steps: number;
  /** The number of units before and after, by the path of the layer. */
  readonly units: Readonly<Record<string, readonly [before: number, after: number]>>;
  /** In decibels, before; absent where there was no signal. */
  readonly psnrBefore?: number;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const isPruning = (value: unknown): value is Pruning => {
  if (typeof value !== 'object' || value === null) return false;
  const { from, to, criterion, steps, units, psnrBefore } = value as Partial<Record<keyof Pruning, unknown>>;
  const areUnits =
    typeof units === 'object' &&
    units !== null &&
    Object.values(units).every(pair => Array.isArray(pair) && pair.length === 2 && pair.every(isCount));
  const isNumber = psnrBefore === undefined || Number.isFinite(psnrBefore);
  return [from, to, steps].every(isCount) && typeof criterion === 'string' && areUnits && isNumber;
};

/** How a file's field was pruned; `undefined` where it was not, or the file's words cannot be read. */
export const readPruning = (metadata: Readonly<Record<string, string>>): Pruning | undefined => {
  const text = metadata[PRUNED_KEY];
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isPruning(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** `from 66,561 to 19,942 parameters by outgoing, 1,100 steps; units: layers.0 256 -> 120`. */
export const describePruning = ({ from, to, criterion, steps, units, psnrBefore }: Pruning): string => {
  const layers = Object.entries(units).map(([layer, [before, after]]) => `${layer} ${before} -> ${after}`);
  return [
    `from ${formatCount(from)} to ${formatCount(to)} parameters by ${criterion}, ${steps > 0 ? plural(steps, 'step') : 'not fitted afterwards'}`,
    ...(layers.length > 0 ? [`; units: ${layers.join(', ')}`] : []),
    ...(psnrBefore === undefined ? [] : [`; PSNR before ${formatDecibels(psnrBefore)}`]),
  ].join('');
};

/** The metadata of the pruned field: those of the file, with the quality of the field as it is now. */
export const metadataOf = (
  kept: Readonly<Record<string, string>>,
  pruning: Pruning,
  quality: object | undefined,
): Record<string, string> => {
  const { run, ...others } = kept;
  let facts: object = {};
  try {
    facts = run === undefined ? {} : (JSON.parse(run) as object);
  } catch {
    // A damaged record of the fit was reported when the file was read.
  }
  const { psnr: _, snr: __, mse: ___, points: ____, ...settings } = facts as Readonly<Record<string, unknown>>;
  return {
    ...others,
    ...(run !== undefined && { run: JSON.stringify({ ...settings, ...quality }) }),
    [PRUNED_KEY]: JSON.stringify(pruning),
  };
};

/** The number of units of each layer. */
const unitCounts = (field: Field): ReadonlyMap<string, number> =>
  new Map(unitsOf(field).map(({ layer, count }) => [layer, count]));

/** What was removed. */
export const pruningOf = (
  before: Field,
  after: Field,
  facts: Pick<Pruning, 'criterion' | 'steps'> & { readonly psnrBefore?: number | undefined },
): Pruning => {
  const counts = unitCounts(after);
  const { psnrBefore, ...others } = facts;
  const units = [...unitCounts(before)].flatMap(([layer, count]) => {
    const left = counts.get(layer) ?? count;
    return left < count ? [[layer, [count, left]] as const] : [];
  });
  return {
    from: before.parameterCount,
    to: after.parameterCount,
    ...others,
    units: Object.fromEntries(units),
    ...(psnrBefore !== undefined && { psnrBefore }),
  };
};
