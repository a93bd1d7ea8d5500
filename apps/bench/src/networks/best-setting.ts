/** @file The one definition of the best value of a network's setting. */
import type { NetworkResult } from './results.ts';

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * The best value of a setting among results that differ in it and in their seeds: of the values with the most seeds,
 * the one with the highest mean of the figure that decides, of equal ones the last: factors on frequencies that are too
 * low to matter are equal, and lower ones need not be tried. `undefined` where every fit diverged.
 *
 * @param settingOf the setting, e.g. the rate
 * @param decides the name of the figure
 */
export const bestSetting = (
  results: readonly NetworkResult[],
  { settingOf, decides }: { settingOf(result: NetworkResult): number; readonly decides: string },
): number | undefined => {
  const byValue = new Map<number, NetworkResult[]>();
  for (const result of results) byValue.set(settingOf(result), [...(byValue.get(settingOf(result)) ?? []), result]);
  const most = Math.max(...[...byValue.values()].map(({ length }) => length));
  let best: { readonly value: number; readonly score: number } | undefined;
  for (const [value, some] of byValue) {
    const score = some.length === most ? mean(some.map(({ figures }) => figures[decides] ?? Number.NaN)) : Number.NaN;
    if (!Number.isNaN(score) && (best === undefined || score >= best.score)) best = { value, score };
  }
  return best?.value;
};
