/** @file The options of presets as data, so that programs can list and parse them. */
import { assertOptions, describeValue } from '@neural-fields/core/options';

/** An option that is a number. */
export interface NumberOption {
  readonly kind: 'integer' | 'number';
  readonly default: number;
  /** The lowest value; above 0 for a number, 1 for an integer, if absent. */
  readonly min?: number;
  readonly description: string;
}

/** An option that is one of several words. */
export interface ChoiceOption<Choice extends string = string> {
  readonly kind: 'choice';
  readonly default: Choice;
  readonly choices: readonly Choice[];
  readonly description: string;
}

/** An option of a preset. */
export type PresetOption = NumberOption | ChoiceOption;

/** Options that are numbers, by name. */
export type Numbers<Name extends string> = { readonly [Each in Name]: NumberOption };

/** The sizes of the hidden layers, which most presets have as options, and other numbers. */
export type Sized<Name extends string = never> = Numbers<'hiddenFeatures' | 'hiddenLayers' | Name>;

/** The type of an option's value. */
type ValueOf<Option extends PresetOption> = Option extends ChoiceOption<infer Choice> ? Choice : number;

/** The values of options. */
export type OptionValues<O extends Readonly<Record<string, PresetOption>>> = {
  readonly [Name in keyof O]: ValueOf<O[Name]>;
};

/** An integer of at least `min`, or 1. */
export const integer = (value: number, description: string, min = 1): NumberOption => ({
  kind: 'integer',
  default: value,
  min,
  description,
});

/** A positive number. */
export const positive = (value: number, description: string): NumberOption => ({
  kind: 'number',
  default: value,
  description,
});

/** The sizes of the hidden layers, as options. */
export const hiddenSize = (hiddenFeatures: number, hiddenLayers: number): Sized => ({
  hiddenFeatures: integer(hiddenFeatures, 'width of the hidden layers'),
  hiddenLayers: integer(hiddenLayers, 'hidden-to-hidden layers, as the SIREN paper counts', 0),
});

const wanted = (option: PresetOption): string => {
  if (option.kind === 'choice') return `one of ${option.choices.join(', ')}`;
  const { kind, min } = option;
  if (kind === 'integer') return min === 1 || min === undefined ? 'a positive integer' : `an integer >= ${min}`;
  return min === undefined ? 'a positive number' : `a number >= ${min}`;
};

const suits = (option: PresetOption, value: unknown): boolean => {
  if (option.kind === 'choice') return option.choices.some(choice => choice === value);
  if (option.kind === 'integer') return Number.isSafeInteger(value) && (value as number) >= (option.min ?? 1);
  return Number.isFinite(value) && (option.min === undefined ? (value as number) > 0 : (value as number) >= option.min);
};

/**
 * The values of all options: those that are given, and the defaults.
 *
 * @param name of the preset, for errors
 * @throws RangeError for a value that the option does not accept, TypeError for an unknown option
 */
export const readOptions = <O extends Readonly<Record<string, PresetOption>>>(
  name: string,
  options: O,
  given: Partial<OptionValues<O>>,
): OptionValues<O> => {
  const known = Object.fromEntries(Object.keys(options).map(key => [key, 1 as const]));
  assertOptions<object>(name, given, known as Readonly<Record<never, 1>>);
  const values = Object.entries(options).map(([key, option]) => {
    const value = given[key] ?? option.default;
    if (!suits(option, value))
      throw new RangeError(`${name}: ${key} must be ${wanted(option)}, got ${describeValue(value)}`);
    return [key, value] as const;
  });
  return Object.fromEntries(values) as OptionValues<O>;
};
