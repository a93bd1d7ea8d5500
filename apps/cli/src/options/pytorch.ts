/** @file Options for what a PyTorch state dict does not say, of every command that reads a field. */

import { optionName, positive, UsageError } from '@neural-fields/app-kit';
import { extensions } from '@neural-fields/app-kit/fitting';
import type { ActivationSpec } from '@neural-fields/core';
import type { ImportPytorchOptions } from '@neural-fields/core/pytorch';
import type { Command } from 'commander';
import { allActivationNames, parseActivation } from './activation.ts';

/** The values of the options. */
export interface PytorchOptions {
  readonly activation?: ActivationSpec;
  readonly finalActivation?: ActivationSpec;
  readonly omega0?: number;
  readonly omegaHidden?: number;
  readonly prefix?: string;
}

/** Every activation can be between layers of PyTorch. */
const parse = parseActivation(allActivationNames);

const names = [
  'activation',
  'finalActivation',
  'omega0',
  'omegaHidden',
  'prefix',
] as const satisfies (keyof PytorchOptions)[];

/** Adds `--activation`, `--final-activation`, `--omega0`, `--omega-hidden` and `--prefix`. */
export const withPytorchOptions = (command: Command): Command =>
  command
    .optionsGroup('State dicts of PyTorch:')
    .option(
      '--activation <name>',
      "activation of each layer except the last, with its parameters: relu, finer, gaussian:sigma=0.1 (default: sine for a SIREN's names)",
      parse,
    )
    .option('--final-activation <name>', 'activation of the last layer (default: none)', parse)
    .option('--omega0 <number>', 'frequency factor of the first layer, for sine and finer (default: 30)', positive)
    .option(
      '--omega-hidden <number>',
      'frequency factor of the other layers (default: that of the code with these names, 30 or 1)',
      positive,
    )
    .option('--prefix <words>', "prefix of one network's names, if there are several, e.g. model.siren");

/** The first of these options that was given, as it is written on the command line. */
export const givenPytorchOption = (options: PytorchOptions): string | undefined => {
  const given = names.find(name => options[name] !== undefined);
  return given && `--${optionName(given)}`;
};

/** The options for the library. @throws UsageError when an omega is given for an activation that has none */
export const pytorchImportOptions = (options: PytorchOptions): ImportPytorchOptions => {
  const { activation } = options;
  const omega =
    options.omega0 !== undefined ? '--omega0' : options.omegaHidden !== undefined ? '--omega-hidden' : undefined;
  if (
    omega &&
    activation &&
    ((activation.kind !== 'sine' && activation.kind !== 'finer') || activation['omega'] !== undefined)
  )
    throw new UsageError({
      what: omega,
      problem: `it is for the activations sine and finer without an omega of their own, not for ${activation.kind}`,
    });
  const given = names.filter(name => options[name] !== undefined).map(name => [name, options[name]]);
  return { ...(Object.fromEntries(given) as ImportPytorchOptions), extensions };
};
