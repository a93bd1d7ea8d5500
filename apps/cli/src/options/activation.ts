/** @file Activations on the command line: `relu`, or `gaussian:sigma=0.1` with parameters. */
import { ArgumentError } from '@neural-fields/app-kit';
import { extensions } from '@neural-fields/app-kit/fitting';
import type { ActivationSpec } from '@neural-fields/core';
import { type ActivationDefinition, activationParameterValues, coreActivations } from '@neural-fields/core/layers';
import { InvalidArgumentError } from 'commander';
import { readNamedOptions } from './named-options.ts';

/** Those of core, and those of the networks of the literature. */
const definitions: readonly ActivationDefinition[] = [...coreActivations, ...(extensions.activations ?? [])];

/** The kinds of all activations. */
export const allActivationNames: readonly string[] = definitions.map(({ kind }) => kind);

/**
 * Reads an activation with parameters.
 *
 * @param kinds the activations that are accepted
 */
export const parseActivation =
  (kinds: readonly string[]) =>
  (text: string): ActivationSpec => {
    const { name: kind, options } = readNamedOptions(text);
    const definition = definitions.find(candidate => candidate.kind === kind && kinds.includes(kind));
    if (definition === undefined)
      throw new ArgumentError(`one of ${kinds.join(', ')}, with parameters as in gaussian:sigma=0.1`);
    try {
      const values = Object.entries(options).map(([name, value]) => [name, Number(value)]);
      const spec: ActivationSpec = { ...Object.fromEntries(values), kind };
      activationParameterValues(spec, definition);
      return spec;
    } catch (error) {
      throw new InvalidArgumentError(`${error instanceof Error ? error.message : String(error)}.`);
    }
  };

/** Formats an activation so that {@link parseActivation} reads it. */
export const formatActivation = ({ kind, ...values }: ActivationSpec): string => {
  const parameters = Object.entries(values).map(([name, value]) => `${name}=${String(value)}`);
  return parameters.length === 0 ? kind : `${kind}:${parameters.join(',')}`;
};
