/** @file Networks of the literature on the command line: `wire`, or `wire:omega=30` with options of its preset. */
import { ArgumentError } from '@neural-fields/app-kit';
import { nearestNames } from '@neural-fields/core/options';
import { type NetworkPreset, networkPresets } from '@neural-fields/networks';
import { InvalidArgumentError } from 'commander';
import { readNamedOptions } from './named-options.ts';

/** A preset with some of its options. */
export interface NetworkChoice {
  readonly name: string;
  readonly options: Readonly<Record<string, number | string>>;
}

/** The names of all presets. */
export const networkNames: readonly string[] = networkPresets.map(({ name }) => name);

/** The preset of that name. @throws ArgumentError that suggests the nearest name */
export const presetNamed = (name: string): NetworkPreset => {
  const found = networkPresets.find(preset => preset.name === name);
  if (found !== undefined) return found;
  const near = nearestNames(name, networkNames);
  const hint = near.length === 0 ? '' : `, perhaps ${near.join(' or ')}`;
  throw new ArgumentError(`the name of a network${hint}; 'neural-fields list networks' shows all`);
};

/** Reads a network with options. */
export const parseNetwork = (text: string): NetworkChoice => {
  const { name, options: given } = readNamedOptions(text);
  const preset = presetNamed(name === '' ? text : name);
  const values = Object.entries(given).map(([key, value]) => [
    key,
    preset.options[key]?.kind === 'choice' ? value : Number(value),
  ]);
  const options = Object.fromEntries(values) as NetworkChoice['options'];
  try {
    preset.spec({ inFeatures: 1, outFeatures: 1 }, options as Readonly<Record<string, number>>);
  } catch (error) {
    throw new InvalidArgumentError(`${error instanceof Error ? error.message : String(error)}.`);
  }
  return { name, options };
};

/** Formats a network so that {@link parseNetwork} reads it. */
export const formatNetwork = ({ name, options }: NetworkChoice): string => {
  const list = Object.entries(options).map(([key, value]) => `${key}=${value}`);
  return list.length === 0 ? name : `${name}:${list.join(',')}`;
};
