/** @file The options that experiments declare for themselves, on one command line. */
import type { Experiment, OwnOption, ProfileName } from './experiment.ts';

/** Such an option, and the experiments that take it. */
export interface SharedOption {
  readonly name: string;
  readonly option: OwnOption;
  readonly takenBy: readonly string[];
}

/** Values by name; `undefined` for options that were not given. */
export type OwnValues = Readonly<Record<string, number | undefined>>;

/** All such options, each once, in the order of the experiments. */
export const ownOptionsOf = (experiments: readonly Experiment[]): readonly SharedOption[] => {
  const found = new Map<string, SharedOption>();
  for (const { id, options = {} } of experiments)
    for (const [name, option] of Object.entries(options))
      found.set(name, { option, ...found.get(name), name, takenBy: [...(found.get(name)?.takenBy ?? []), id] });
  return [...found.values()];
};

/** The values for an experiment: those given, or else those of its profile. */
export const ownValues = (
  { options = {} }: Pick<Experiment, 'options'>,
  profile: ProfileName,
  given: OwnValues = {},
): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(options).map(([name, { values }]) => [name, given[name] ?? values[profile]]));
