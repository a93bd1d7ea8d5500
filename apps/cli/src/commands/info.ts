/** @file `neural-fields info`: describes the contents of a file. */

import {
  type CommonOptions,
  formatBytes,
  formatCount,
  formatDecibels,
  helpExamples,
  type Output,
  outputOf,
  plural,
} from '@neural-fields/app-kit';
import { describeShapeQuality } from '@neural-fields/app-kit/shapes';
import { describeSignal, type ShapeDescription } from '@neural-fields/app-kit/signals';
import type { Command } from 'commander';
import type { FoundRun } from '../files/field-metadata.ts';
import { layerRows } from '../files/layer-rows.ts';
import {
  describeAssumptions,
  type InspectedField,
  type InspectedModel,
  inspectFile,
  type LoadedField,
} from '../files/load-field.ts';
import { describePruning } from '../files/pruned-metadata.ts';
import { type PytorchOptions, withPytorchOptions } from '../options/pytorch.ts';
import { describeModel, modelParameters } from '../prior/describe-prior.ts';
import { table } from '../table.ts';

const kindOf = ({ checkpoint, pytorch }: LoadedField): string =>
  pytorch !== undefined
    ? `a state dict of PyTorch (${pytorch.source}${pytorch.prefix === '' ? '' : `, behind '${pytorch.prefix}'`})`
    : checkpoint
      ? 'a checkpoint'
      : 'a field';

/** A coordinate in the file's units, rounded to a hundred-thousandth of the box, wherever the box lies. */
const fileNumber = (value: number, scale: number): number =>
  Number(value.toFixed(Math.min(100, Math.max(0, 5 + Math.ceil(Math.log10(scale / 2))))));

/** The field's box in the file's units. */
const describeBox = ({ similarity: { scale, offset } }: ShapeDescription): string =>
  offset.map(shift => `[${[-1, 1].map(end => fileNumber((end - shift) / scale, scale)).join(', ')}]`).join(' x ');

/**
 * The formula from the file's coordinates to those of the field. It is written relative to the box's centre, so that no
 * digits are lost far from the origin.
 */
const describeUnits = ({ similarity: { scale, offset } }: ShapeDescription): string =>
  `field = ${Number(scale.toPrecision(6))} (file - (${offset.map(shift => fileNumber(-shift / scale, scale)).join(', ')}))`;

const printRun = (run: FoundRun, print: (line: string) => void): void => {
  const { source, sha256, settings = {}, backend } = run;
  const say = (label: string, parts: readonly (string | false)[]): void => {
    const said = parts.filter(part => part !== false);
    if (said.length > 0) print(`${label.padEnd(10)}  ${said.join(', ')}`);
  };
  const { steps, optimizer, learningRate, schedule, batch, seed } = settings;
  say('fitted to', [source ?? false, sha256 !== undefined && `sha256 ${sha256}`]);
  say('fit', [
    steps !== undefined && plural(steps, 'step'),
    optimizer ?? false,
    learningRate !== undefined &&
      `learning rate ${[learningRate, schedule].filter(part => part !== undefined).join(' ')}`,
    batch !== undefined && `batch ${batch}`,
    seed !== undefined && `seed ${seed}`,
    backend !== undefined && `on ${backend}`,
  ]);
  if (run.psnr !== undefined) print(`PSNR        ${formatDecibels(run.psnr)}`);
  const quality = describeShapeQuality(run);
  if (quality !== undefined) print(`quality     ${quality}`);
};

const printText = (file: string, loaded: InspectedField, print: (line: string) => void): void => {
  const { signal, run, checkpoint, metadata, damagedSignal, damagedRun } = loaded;
  const rows = layerRows(loaded);
  const assumed = loaded.unknownActivation
    ? 'nothing: a state dict does not say what lies between its layers (--activation does)'
    : describeAssumptions(loaded);
  const parameters = rows.reduce((total, row) => total + row.parameters, 0);
  print(`${file}: ${kindOf(loaded)}, ${formatBytes(loaded.bytes)}, ${formatCount(parameters)} parameters`);
  if (loaded.precision !== undefined && loaded.precision !== 'float32')
    print(`precision   ${loaded.precision}, vectors and the weights of the coordinates float32`);
  if (signal) {
    print(`represents  ${describeSignal(signal)}`);
  }
  if (signal?.kind === 'shape') {
    print(`box         x, y and z from -1 to 1; ${describeBox(signal)} in the file's units`);
    print(`units       ${describeUnits(signal)}`);
    print('values      0 is the surface, outside is positive');
  } else if (signal) {
    const { kind, convention, spans, range } = signal;
    const axes = kind === 'image' ? ['y', 'x'] : ['time'];
    print(
      `grid        ${convention}, ${axes.map((axis, i) => `${axis} from ${spans[i]?.[0]} to ${spans[i]?.[1]}`).join(', ')}`,
    );
    print(
      `values      ${range[0]} is ${kind === 'image' ? 'black, ' : '-1, '}${range[1]} is ${kind === 'image' ? 'white' : '1'}`,
    );
  } else print(`represents  unknown: ${damagedSignal ?? 'the file does not say'}`);
  if (assumed !== undefined) print(`assumed     ${assumed}`);
  if (checkpoint) print(`step        ${checkpoint.step}; its fit can resume from it`);
  if (damagedRun !== undefined) print(`fitted to   unknown: ${damagedRun}`);
  if (run) printRun(run, print);
  if (loaded.pruned) print(`pruned      ${describePruning(loaded.pruned)}`);
  const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)} ...` : text);
  for (const [key, value] of Object.entries(metadata)) print(`${cut(key, 40).padEnd(10)}  ${cut(value, 100)}`);
  print('');
  const cells = rows.map(row => [String(row.layer), row.kind, row.shape, row.activation, formatCount(row.parameters)]);
  for (const line of table([['layer', 'kind', 'features', 'activation', 'parameters'], ...cells])) print(line);
};

const printModel = (file: string, { model, bytes }: InspectedModel, output: Output): void => {
  const { description, metadata } = model;
  const parameters = modelParameters(model);
  output.event('info', { file, kind: description['kind'], bytes, parameters, description, metadata });
  for (const line of describeModel(file, model, bytes)) output.result(line);
};

const action = async (file: string, options: Pick<CommonOptions, 'json'> & PytorchOptions): Promise<void> => {
  const output = outputOf(options);
  const loaded = await inspectFile(file, options);
  if ('model' in loaded) {
    printModel(file, loaded, output);
    return;
  }
  const layers = layerRows(loaded);
  output.event('info', {
    file,
    kind: loaded.checkpoint ? 'checkpoint' : loaded.pytorch ? 'pytorch' : 'field',
    bytes: loaded.bytes,
    parameters: layers.reduce((total, row) => total + row.parameters, 0),
    ...(loaded.precision !== undefined && { precision: loaded.precision }),
    ...(loaded.signal && { signal: loaded.signal }),
    ...(loaded.run && { run: loaded.run }),
    ...(loaded.pruned && { pruned: loaded.pruned }),
    ...(loaded.checkpoint && { checkpoint: loaded.checkpoint }),
    ...(loaded.damagedSignal !== undefined && { damagedSignal: loaded.damagedSignal }),
    ...(loaded.damagedRun !== undefined && { damagedRun: loaded.damagedRun }),
    ...(loaded.pytorch && loaded.pytorch),
    ...(!loaded.unknownActivation && { spec: loaded.data.spec }),
    layers,
    metadata: loaded.metadata,
  });
  printText(file, loaded, line => output.result(line));
};

/** Adds the command. */
export const addInfoCommand = (program: Command): void => {
  const command = program
    .command('info')
    .description(
      'Say what a file holds: a field, a prior, a checkpoint, or a state dict of PyTorch (.pt, .pth, safetensors).',
    )
    .argument('<file>', 'the file; - reads stdin')
    .option('--json', 'one JSON object on stdout instead of text')
    .option('-v, --verbose', 'shows the stack trace of an error');
  withPytorchOptions(command)
    .addHelpText(
      'after',
      helpExamples([
        ['neural-fields info photo.safetensors', 'what a field represents, and how it was fitted'],
        ['neural-fields info model.pth --json', 'the layers of a state dict, for programs'],
      ]),
    )
    .action(action);
};
