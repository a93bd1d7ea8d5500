/** @file What a preset is: a network of the literature with its options, its reference and its training settings. */

import type { FieldSpec } from '@neural-fields/core';
import { assertCount } from '@neural-fields/core/options';
import { type OptionValues, type PresetOption, readOptions } from './preset-options.ts';
import type { TrainingSettings } from './training.ts';

/** The sizes that depend on the signal. */
export interface SignalSize {
  /** The number of coordinates. */
  readonly inFeatures: number;
  /** The number of values that the field returns. */
  readonly outFeatures: number;
}

/** The options of a preset, by name. */
export type PresetOptions = Readonly<Record<string, PresetOption>>;

/** What a preset is made of. */
export interface PresetDefinition<O extends PresetOptions> {
  /** Its name in the registry and on the command line, in lower case with hyphens. */
  readonly name: string;
  /** The name that the literature uses. */
  readonly title: string;
  /** The paper, with section, equation or table. */
  readonly reference: string;
  /**
   * The activation of core that the network is about, whose parameters are options: programs offer the preset as the
   * default of that activation.
   */
  readonly activation?: string;
  /** The options with the paper's defaults. */
  readonly options: O;
  /** How the paper trains the network. */
  readonly training: TrainingSettings;
  /** Where this network differs from the authors' one, as sentences. */
  readonly differences: readonly string[];
  /** Makes the spec from complete and valid options. */
  build(size: SignalSize, options: OptionValues<O>): FieldSpec;
}

/** A network of the literature. */
export interface NetworkPreset<O extends PresetOptions = PresetOptions> extends Omit<PresetDefinition<O>, 'build'> {
  /**
   * The spec of the network for a signal.
   *
   * @param options the paper's where absent
   * @throws RangeError when a size or an option is out of its range, TypeError for an unknown option
   */
  spec(size: SignalSize, options?: Partial<OptionValues<O>>): FieldSpec;
}

/** Makes a preset. */
export const definePreset = <const O extends PresetOptions>({
  build,
  ...facts
}: PresetDefinition<O>): NetworkPreset<O> => ({
  ...facts,
  spec: ({ inFeatures, outFeatures }, options = {}) => {
    for (const [name, value] of Object.entries({ inFeatures, outFeatures }))
      assertCount(`${facts.name}: ${name}`, value);
    return build({ inFeatures, outFeatures }, readOptions(facts.name, facts.options, options));
  },
});
