/**
 * @file The options by which the frequencies of networks suit a signal, and a factor on them. The quality of a field
 *   between the samples depends on these frequencies as much as on the learning rate, and papers choose them for
 *   pictures of 256 to 512 pixels a side; so a comparison has to sweep both.
 */
import { nyquistOctaves } from '@neural-fields/encodings';
import type { NetworkPreset } from '@neural-fields/networks';

/** What frequencies depend on. */
export interface FrequencyContext {
  /** The samples along an axis. */
  readonly samples: number;
  /** The factor on the coordinates of networks without an encoding. */
  readonly coordinateScale: number;
  /** The factor on the paper's frequencies. */
  readonly factor: number;
}

type Options = Readonly<Record<string, number>>;

interface FrequencyRule {
  /** Whether coordinates are scaled for sounds; encodings need [-1, 1]. */
  readonly scaled: boolean;
  options(context: FrequencyContext, defaults: Options): Options;
}

/** Numbers that are frequencies: multiplied by the factor. */
const times =
  (...names: readonly string[]) =>
  ({ factor }: FrequencyContext, defaults: Options): Options =>
    Object.fromEntries(names.map(name => [name, factor * (defaults[name] as number)]));

/** Numbers that are widths: divided by the factor. */
const over =
  (...names: readonly string[]) =>
  ({ factor }: FrequencyContext, defaults: Options): Options =>
    Object.fromEntries(names.map(name => [name, (defaults[name] as number) / factor]));

const scaled = (options: FrequencyRule['options']): FrequencyRule => ({ scaled: true, options });
/** For networks with an encoding: the factor also brings the frequencies of a sound, as the coordinates do not. */
const encoded = (options: FrequencyRule['options']): FrequencyRule => ({
  scaled: false,
  options: (context, defaults) => options({ ...context, factor: context.factor * context.coordinateScale }, defaults),
});
/** For encodings whose frequencies follow from the samples. */
const sampled = (options: (samples: number, factor: number) => Options): FrequencyRule => ({
  scaled: false,
  options: ({ samples, factor }) => options(samples, factor),
});

/** The share of a picture's side that is TUNER's highest frequency: 85 of 512, and 10 for low ones. */
const TUNER = { highest: 85 / 512, low: 10 / 512 } as const;

/** The rules by the names of presets. Networks that are not listed have no frequencies to choose. */
const RULES: Readonly<Record<string, FrequencyRule>> = {
  siren: scaled(times('omega0')),
  'siren-weight-scaling': scaled(times('omega0')),
  'siren-latent': scaled(times('omega0')),
  cosine: scaled(times('omega0')),
  finer: scaled(times('omega0')),
  'residual-siren': scaled(times('omega')),
  hosc: scaled(times('omega')),
  'exp-sin': scaled(times('a')),
  'finer-gaussian': scaled(times('omega', 'scale')),
  wire: scaled(times('omega', 'scale')),
  'wire-real': scaled(times('omega', 'scale')),
  gaussian: scaled(over('sigma')),
  'super-gaussian': scaled(over('sigma')),
  laplace: scaled(over('a')),
  quadratic: scaled(times('a')),
  multiquadric: scaled(times('a')),
  'mfn-fourier': encoded(times('inputScale')),
  'mfn-gabor': encoded(times('inputScale')),
  'relu-fourier-features': encoded(times('sigma')),
  rbf: encoded(over('sigma')),
  bacon: sampled((samples, factor) => ({ bandLimit: Math.max(2, Math.round((factor * samples) / 2)) })),
  tuner: sampled((samples, factor) => ({
    maxFrequency: Math.max(2, Math.round(factor * TUNER.highest * samples)),
    lowFrequency: Math.max(1, Math.round(factor * TUNER.low * samples)),
  })),
  'relu-positional-encoding': sampled((samples, factor) => ({
    octaves: Math.max(1, nyquistOctaves(Math.max(8, samples)) + Math.round(Math.log2(factor))),
  })),
  // Half the pixels of a side, as the paper's for pictures.
  'instant-ngp': sampled((samples, factor) => {
    const finestResolution = Math.max(2, Math.round((factor * samples) / 2));
    return { finestResolution, baseResolution: Math.min(16, finestResolution) };
  }),
  'relu-rbf': encoded(({ factor }, { steepness = 1 }) => ({ steepness: factor ** 2 * steepness })),
};

/** Networks without a frequency of their own, for which scaled coordinates still help. */
const NONE: FrequencyRule = { scaled: true, options: () => ({}) };

const ruleOf = ({ name }: NetworkPreset): FrequencyRule => RULES[name] ?? NONE;

/** Whether a network has frequencies that can be chosen. */
export const hasFrequency = ({ name }: NetworkPreset): boolean => name in RULES;

/** The factor on the coordinates that a network gets. */
export const coordinateScaleFor = (preset: NetworkPreset, scale: number): number => (ruleOf(preset).scaled ? scale : 1);

/** The options that set a network's frequencies: the paper's, or its rule for the number of samples, times a factor. */
export const frequencyOptions = (preset: NetworkPreset, context: FrequencyContext): Options => {
  const defaults = Object.fromEntries(
    Object.entries(preset.options).flatMap(([name, { default: value }]) =>
      typeof value === 'number' ? [[name, value] as const] : [],
    ),
  );
  return ruleOf(preset).options(context, defaults);
};
