/** @file What a field file says about how its field was pruned. */
import { formatCount, formatDecibels, plural } from '@neural-fields/app-kit';

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
