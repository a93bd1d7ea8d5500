/** @file `neural-fields export`: converts a field to the file format of another program. */

import { type CommonOptions, formatBytes, helpExamples, type Output, outputOf } from '@neural-fields/app-kit';
import { extensionOf, extensionsOf, withOutputs } from '@neural-fields/app-kit/files';
import { extensions } from '@neural-fields/app-kit/fitting';
import type { ActivationSpec } from '@neural-fields/core';
import { writeFileAtomically } from '@neural-fields/core/node';
import { exportPytorch, type PytorchNames, pytorchNames } from '@neural-fields/core/pytorch';
import { type Command, Option } from 'commander';
import { loadFieldAloud } from '../files/load-field.ts';
import { type PytorchOptions, withPytorchOptions } from '../options/pytorch.ts';

/** The options as commander gives them. */
interface ExportCommandOptions extends Pick<CommonOptions, 'json' | 'quiet'>, PytorchOptions {
  readonly to: 'pytorch';
  readonly output: string;
  readonly names?: PytorchNames;
  readonly force?: boolean;
}

/** `sine omega 30`: an activation and its parameters. */
const describeActivation = ({ kind, ...numbers }: ActivationSpec): string =>
  [kind, ...Object.entries(numbers).map(([name, value]) => `${name} ${String(value)}`)].join(' ');

/** `sine omega 30, then sine omega 1, nothing on the last layer`. */
const describeActivations = (activations: readonly ActivationSpec[]): string => {
  const parts = activations.map(describeActivation);
  const changes = parts.slice(0, -1).filter((part, i, all) => part !== all[i - 1]);
  const last = activations.at(-1)?.kind === 'identity' ? 'nothing' : parts.at(-1);
  return [...changes.map((part, i) => (i === 0 ? part : `then ${part}`)), `${last} on the last layer`].join(', ');
};

const writeStateDict = async (file: string, options: ExportCommandOptions, output: Output): Promise<void> => {
  const loaded = await loadFieldAloud(file, options, output);
  const wanted = options.names ?? loaded.pytorch?.names;
  const { bytes, names, activations } = exportPytorch(loaded.data, {
    extensions,
    format: extensionsOf('state-dict').includes(extensionOf(options.output)) ? 'pth' : 'safetensors',
    ...(wanted && { names: wanted }),
  });
  await writeFileAtomically(options.output, bytes);
  output.event('done', { output: options.output, to: options.to, names, activations, bytes: bytes.length });
  output.result(
    `${options.output}: the names of ${names}, ${formatBytes(bytes.length)}; the network must have ${describeActivations(activations)}`,
  );
};

const action = async (file: string, options: ExportCommandOptions): Promise<void> => {
  const output = outputOf(options);
  const outputs = [{ option: '--output', path: options.output, kinds: ['field', 'state-dict'] as const }];
  await withOutputs({ inputs: [file], outputs, force: options.force }, output, () =>
    writeStateDict(file, options, output),
  );
};

/** Adds the command. */
export const addExportCommand = (program: Command): void => {
  const command = program
    .command('export')
    .description(
      'Write a field for another program: its parameters under the names of a PyTorch network (.pth or safetensors).',
    )
    .argument('<field>', 'a field file, a checkpoint or a state dict of PyTorch; - reads stdin')
    .addOption(new Option('--to <program>', 'the program').choices(['pytorch']).default('pytorch'))
    .requiredOption('-o, --output <file>', 'the file to write: .pth or .pt as torch.save does, or .safetensors')
    .addOption(
      new Option(
        '--names <code>',
        'whose names: SingleBVPNet of vsitzmann/siren, Siren of its notebook (FINER, WIRE), siren-pytorch, nn.Sequential ' +
          '(default: those of the file if it is a state dict; single-bvp-net for another SIREN, otherwise sequential)',
      ).choices([...pytorchNames]),
    )
    .option('-f, --force', 'overwrites a file that this program did not write')
    .option('--json', 'one JSON object per line on stdout instead of text')
    .option('-q, --quiet', 'results, warnings and errors only')
    .option('-v, --verbose', 'shows the stack trace of an error');
  withPytorchOptions(command)
    .addHelpText('after', helpExamples([['neural-fields export p.safetensors -o w.pth', 'weights for PyTorch']]))
    .action(action);
};
