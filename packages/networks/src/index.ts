/** @file Everything public of the networks package. */
export { networkExtensions } from './extensions.ts';
export type { NetworkPreset, PresetOptions, SignalSize } from './preset.ts';
export type { ChoiceOption, NumberOption, Numbers, OptionValues, PresetOption, Sized } from './preset-options.ts';
export { networkPreset, networkPresets } from './registry.ts';
export { type TrainingSettings, trainingOptions } from './training.ts';
