/** @file Input frequencies that the experiments on TUNER compare. */
import {
  DEFAULT_PERIOD,
  type Frequency,
  periodicFrequencies,
  spectralFrequencies,
  uniformFrequencies,
} from '@neural-fields/periodic-init';
import type { TunerSize } from './tuner-picture.ts';

/** The bound on input frequencies at a share of the Nyquist frequency. */
export const boundAt = ({ nyquist }: TunerSize, share: number): number => Math.max(2, Math.floor(share * nyquist));

/** The number of frequencies up to a bound, one of q and -q each; at most as many as there are neurons. */
const countUpTo = ({ inFeatures, hiddenFeatures }: TunerSize, bound: number): number =>
  Math.min(hiddenFeatures, ((2 * bound + 1) ** inFeatures - 1) / 2);

/** Uniform frequencies up to a bound. */
export const uniformUpTo = (size: TunerSize, maxFrequency: number): readonly Frequency[] => {
  const { inFeatures, seed } = size;
  return uniformFrequencies({ inFeatures, count: countUpTo(size, maxFrequency), maxFrequency, seed });
};

/** Frequencies drawn from the picture's own spectrum, up to a bound. */
export const spectralUpTo = (size: TunerSize, maxFrequency: number): readonly Frequency[] => {
  const { picture, seed } = size;
  const count = countUpTo(size, maxFrequency);
  return spectralFrequencies({ signal: picture, count, period: DEFAULT_PERIOD, maxFrequency, seed });
};

/** Half as many distinct frequencies as there are neurons, each with its negative: two phases of each. */
export const pairedUpTo = (size: TunerSize, maxFrequency: number): readonly Frequency[] => {
  const { inFeatures, hiddenFeatures, seed } = size;
  const count = Math.max(inFeatures, Math.floor(hiddenFeatures / 2));
  return periodicFrequencies({ inFeatures, count, maxFrequency, seed }).flatMap(frequency => [
    frequency,
    frequency.map(component => 0 - component),
  ]);
};
