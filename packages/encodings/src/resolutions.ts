/** @file The resolutions of the levels of a grid: Mueller et al. 2022, arXiv:2201.05989, equations 2 and 3. */
import { assertCount } from '@neural-fields/core/options';
import { assertResolution } from './grid-table.ts';

/** The options of the levels. With more than one level, exactly one of `growth` and `finestResolution` is required. */
export interface LevelOptions {
  /** The number L of levels; 16 if absent. */
  readonly levels?: number;
  /** The resolution N_min of the first level, in cells along each axis of [-1, 1]^d; 16 if absent. */
  readonly baseResolution?: number;
  /** The factor b >= 1 from one level's resolution to the next. */
  readonly growth?: number;
  /** The resolution N_max of the last level. */
  readonly finestResolution?: number;
}

/** The levels' part of a spec. */
export interface LevelsSpec {
  readonly levels: number;
  readonly baseResolution: number;
  readonly growth?: number;
  readonly finestResolution?: number;
  /** The indices of the levels that are left of a pruned grid, increasing; all if absent. */
  readonly keptLevels?: readonly number[];
}

/** The spec of a grid with some of its levels; for `keepUnits`. */
export const keepLevels = <S extends LevelsSpec>(spec: S, kept: readonly number[]): S => ({
  ...spec,
  keptLevels: kept.map(index => spec.keptLevels?.[index] ?? index),
});

/** For `assertOptions`. */
export const LEVEL_OPTIONS = { levels: 1, baseResolution: 1, growth: 1, finestResolution: 1 } as const;

export const levelsSpec = ({
  levels = 16,
  baseResolution = 16,
  growth,
  finestResolution,
}: LevelOptions): LevelsSpec => ({
  levels,
  baseResolution,
  ...(growth !== undefined && { growth }),
  ...(finestResolution !== undefined && { finestResolution }),
});

/** The roundoff of powers: a resolution that is an integer in exact arithmetic must not be rounded down. */
const ROUNDOFF = 1e-12;

/** N_l = floor(N_min b^l), with b = (N_max / N_min)^(1 / (L - 1)) for a given N_max. */
export const resolutionsOf = (spec: LevelsSpec): number[] => {
  const { levels, baseResolution, growth, finestResolution, keptLevels } = spec;
  const factor = growth ?? ((finestResolution ?? baseResolution) / baseResolution) ** (1 / Math.max(1, levels - 1));
  const all = Array.from({ length: levels }, (_, l) => Math.floor(baseResolution * factor ** l * (1 + ROUNDOFF)));
  return keptLevels ? keptLevels.map(level => all[level] as number) : all;
};

export const assertLevels = (kind: string, spec: LevelsSpec): void => {
  const { levels, baseResolution, growth, finestResolution } = spec;
  assertCount(`${kind}: levels`, levels);
  assertResolution(`${kind}: baseResolution`, baseResolution);
  if (growth !== undefined && finestResolution !== undefined)
    throw new TypeError(`${kind}: needs one of growth and finestResolution, got both`);
  if (growth === undefined && finestResolution === undefined && levels > 1)
    throw new TypeError(`${kind}: needs one of growth and finestResolution for ${levels} levels, got none`);
  if (growth !== undefined && !(Number.isFinite(growth) && growth >= 1))
    throw new RangeError(`${kind}: growth must be a finite number >= 1, got ${JSON.stringify(growth)}`);
  if (finestResolution !== undefined) {
    assertResolution(`${kind}: finestResolution`, finestResolution);
    if (finestResolution < baseResolution)
      throw new RangeError(
        `${kind}: finestResolution must be at least baseResolution ${baseResolution}, got ${finestResolution}`,
      );
  }
  const { keptLevels } = spec;
  const areLevels =
    keptLevels === undefined ||
    (Array.isArray(keptLevels) &&
      keptLevels.length > 0 &&
      keptLevels.every(
        (level, i) => Number.isInteger(level) && level > (keptLevels[i - 1] ?? -1) && (level as number) < levels,
      ));
  if (!areLevels)
    throw new RangeError(
      `${kind}: keptLevels must be increasing integers from 0 to ${levels - 1}, got ${JSON.stringify(keptLevels)}`,
    );
  assertResolution(`${kind}: the resolution of the last level`, resolutionsOf(spec).at(-1));
};
