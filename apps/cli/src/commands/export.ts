/** @file `neural-fields export`: converts a field to the file format of another program, or to a smaller file. */

import {
  type CommonOptions,
  chooseBackend,
  formatBytes,
  helpExamples,
  type Output,
  outputOf,
  UsageError,
} from '@neural-fields/app-kit';
import { extensionOf, extensionsOf, withOutputs } from '@neural-fields/app-kit/files';
import { extensions } from '@neural-fields/app-kit/fitting';
import type { ActivationSpec } from '@neural-fields/core';
import { encodeFieldData, type FieldPrecision, fieldPrecisions } from '@neural-fields/core/files';
import { writeFileAtomically } from '@neural-fields/core/node';
import { exportPytorch, type PytorchNames, pytorchNames } from '@neural-fields/core/pytorch';
import { type Command, Option } from 'commander';
import { loadFieldAloud } from '../files/load-field.ts';
import { lowerPrecision } from '../files/lower-precision.ts';
import { type PytorchOptions, withPytorchOptions } from '../options/pytorch.ts';

/** What a field can be written as. */
const targets = ['pytorch', 'field'] as const;

/** The options as commander gives them. */
interface ExportCommandOptions extends Pick<CommonOptions, 'json' | 'quiet'>, PytorchOptions {
  readonly to: (typeof targets)[number];
  readonly output: string;
  readonly precision?: FieldPrecision;
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

/** Writes a field file of the given precision. */
const writeField = async (file: string, options: ExportCommandOptions, output: Output): Promise<void> => {
  const { precision = 'float32' } = options;
  const { data, kept, signal } = await loadFieldAloud(file, options, output);
  if (precision !== 'float32') await chooseBackend({ backend: 'auto' }, output);
  const lower = await lowerPrecision(data, precision, signal);
  const bytes = encodeFieldData(data, { precision, metadata: kept, extensions });
  await writeFileAtomically(options.output, bytes);
  output.event('done', { output: options.output, to: options.to, precision, ...lower?.figures, bytes: bytes.length });
  if (lower) output.log(lower.text);
  output.result(`${options.output}: a field in ${precision}, ${formatBytes(bytes.length)}`);
};

/** @throws UsageError when an option does not suit `--to` */
const assertSuits = ({ to, precision, names, output }: ExportCommandOptions): void => {
  if (to === 'pytorch' && precision !== undefined)
    throw new UsageError({ what: '--precision', problem: 'it is for --to field: state dicts are float32' });
  if (to === 'field' && names !== undefined)
    throw new UsageError({
      what: '--names',
      problem: 'it is for --to pytorch: a field file has the names of its spec',
    });
  if (to === 'field' && !extensionsOf('field').includes(extensionOf(output)))
    throw new UsageError({ what: '--output', wanted: 'a name that ends in .safetensors', got: output });
};

const action = async (file: string, options: ExportCommandOptions): Promise<void> => {
  const output = outputOf(options);
  assertSuits(options);
  const outputs = [{ option: '--output', path: options.output, kinds: ['field', 'state-dict'] as const }];
  const write = options.to === 'field' ? writeField : writeStateDict;
  await withOutputs({ inputs: [file], outputs, force: options.force }, output, () => write(file, options, output));
};

/** Adds the command. */
export const addExportCommand = (program: Command): void => {
  const command = program
    .command('export')
    .description(
      'Write a field for another program: its parameters under the names of a PyTorch network (.pth or safetensors); or as a smaller field file.',
    )
    .argument('<field>', 'a field file, a checkpoint or a state dict of PyTorch; - reads stdin')
    .addOption(
      new Option('--to <what>', 'a state dict, or a field file: with --precision a smaller one')
        .choices([...targets])
        .default('pytorch'),
    )
    .requiredOption('-o, --output <file>', 'the file to write: .pth or .pt as torch.save does, or .safetensors')
    .addOption(
      new Option(
        '--names <code>',
        'whose names: SingleBVPNet of vsitzmann/siren, Siren of its notebook (FINER, WIRE), that of coin, siren-pytorch, nn.Sequential ' +
          '(default: those of the file if it is a state dict; single-bvp-net for another SIREN, otherwise sequential)',
      ).choices([...pytorchNames]),
    )
    .addOption(
      new Option(
        '--precision <name>',
        'matrices of --to field: float16 takes half the bytes, int8 a quarter (default: float32)',
      ).choices([...fieldPrecisions]),
    )
    .option('-f, --force', 'overwrites a file that this program did not write')
    .option('--json', 'one JSON object per line on stdout instead of text')
    .option('-q, --quiet', 'results, warnings and errors only')
    .option('-v, --verbose', 'shows the stack trace of an error');
  withPytorchOptions(command)
    .addHelpText('after', helpExamples([['neural-fields export p.safetensors -o w.pth', 'weights for PyTorch']]))
    .action(action);
};
