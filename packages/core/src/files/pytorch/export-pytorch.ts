/**
 * @file Exports fields as PyTorch state dicts.
 *
 * The target code may have another constant omega than the field: sin(a (W x + b)) = sin(c (W' x + b')) with W' = (a /
 * c) W and b' = (a / c) b, so the weights are scaled to the target's constants. FINER's phase is not linear in its
 * argument and cannot be scaled.
 */

import type { ActivationSpec } from '../../activations/activation.ts';
import { activationParameterValues } from '../../activations/index.ts';
import { assertOneOf } from '../../assert-number.ts';
import { assertOptions } from '../../options.ts';
import { activationRole, type DenseSpec, isDense } from '../../spec/dense.ts';
import { findActivation } from '../../spec/extensions.ts';
import type { Extensions } from '../../spec/layer.ts';
import { layerPath } from '../../spec/layer.ts';
import { parameterLayout } from '../../spec/spec.ts';

import { type FieldData, pickParameters } from '../field-data.ts';
import { FieldFileError } from '../field-file-error.ts';
import { encodeSafetensors, type ShapedArray } from '../safetensors.ts';
import { transpose } from './import-pytorch.ts';
import { canName, type PytorchNames } from './names.ts';
import { writeSettings } from './settings.ts';
import { writeTorchArchive } from './write-torch-archive.ts';

/** The formats of state dicts that can be written. */
export const pytorchFormats = ['safetensors', 'pth'] as const;

/**
 * A format: `safetensors`, or `pth`, the file of `torch.save(model.state_dict(), path)`, which `torch.load` reads with
 * `weights_only=True`.
 */
export type PytorchFormat = (typeof pytorchFormats)[number];

/** The options of {@link exportPytorch}. */
export interface ExportPytorchOptions {
  /** `safetensors` if absent. */
  readonly format?: PytorchFormat;
  /** If absent, `single-bvp-net` for a SIREN, otherwise `sequential`. */
  readonly names?: PytorchNames;
  /**
   * The omega of the first layer of the PyTorch network. If absent, 30 with the names `single-bvp-net` and
   * `siren-pytorch`, the default of their code, and the field's own otherwise. The weights are rescaled to it.
   */
  readonly omega0?: number;
  /**
   * The omega of the later layers. If absent, 30 with `single-bvp-net`, 1 with `siren-pytorch`, and the field's own
   * otherwise.
   */
  readonly omegaHidden?: number;
  readonly extensions?: Extensions;
}

/** A state dict, and the activations of the network that can load it. */
export interface PytorchStateDict {
  /**
   * A file for `model.load_state_dict(safetensors.torch.load_file(path))`, or with the format `pth` for
   * `model.load_state_dict(torch.load(path))`.
   */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly names: PytorchNames;
  /** The activation after each layer. */
  readonly activations: readonly ActivationSpec[];
}

interface Target {
  readonly layer: (index: number, last: number) => string;
  /** The constant omegas of the code, if any. */
  readonly omegas?: readonly [first: number, hidden: number];
  /** Whether layers may lack a bias. */
  readonly biasOptional: boolean;
}

const targets: Readonly<Record<PytorchNames, Target>> = {
  'single-bvp-net': {
    layer: index => `net.net.${index}.0`,
    omegas: [30, 30],
    biasOptional: false,
  },
  siren: {
    layer: (index, last) => (index === last ? `net.${index}` : `net.${index}.linear`),
    biasOptional: true,
  },
  coin: {
    layer: (index, last) => (index === last ? 'last_layer.linear' : `net.${index}.linear`),
    biasOptional: true,
  },
  'siren-pytorch': {
    layer: (index, last) => (index === last ? 'last_layer' : `layers.${index}`),
    omegas: [30, 1],
    biasOptional: true,
  },
  sequential: { layer: index => String(2 * index), biasOptional: true },
};

const notExportable = (what: string): FieldFileError => new FieldFileError('not-exportable', what);

/** One parameter of a layer by its role; `undefined` where the layer has none. */
type FindParameter = (role: string) => ShapedArray<Float32Array> | undefined;

/** The activation of a layer with its learned parameter values. */
const learnedActivation = ({ activation }: DenseSpec, find: FindParameter, extensions: Extensions): ActivationSpec => {
  const { learnable = [], ...fixed } = activation;
  const learned = learnable.map(name => [name, find(activationRole(name))?.data[0]] as const);
  const spec: ActivationSpec = { ...fixed, ...Object.fromEntries(learned) };
  return { kind: spec.kind, ...activationParameterValues(spec, findActivation(spec, extensions)) };
};

const scaled = (data: Float32Array, factor: number): Float32Array =>
  factor === 1 ? data : data.map(value => factor * value);

/**
 * Writes a field as a float32 state dict that a PyTorch network can load. That network computes the same function,
 * provided that it has the activations of the result. {@link importPytorch} reads the activations from the file, where
 * PyTorch ignores them.
 *
 * @throws FieldFileError `not-exportable` when a layer is not dense, or the naming scheme cannot represent an
 *   activation; `too-large` for a `.pth` of 4 GiB; and as `encodeFieldData`
 * @throws RangeError when an omega is not a positive number, or the format is unknown
 */
export const exportPytorch = (data: FieldData, options: ExportPytorchOptions = {}): PytorchStateDict => {
  assertOptions('exportPytorch', options, { names: 1, format: 1, omega0: 1, omegaHidden: 1, extensions: 1 });

  const { omega0, omegaHidden, format = 'safetensors', extensions = {} } = options;
  assertOneOf('exportPytorch: format', format, pytorchFormats);
  for (const [name, omega] of Object.entries({ omega0, omegaHidden }))
    if (omega !== undefined && !(Number.isFinite(omega) && omega > 0))
      throw new RangeError(`exportPytorch: ${name} must be a positive number, got ${omega}`);
  const parameters = pickParameters(data.spec, data.parameters, extensions);
  const layout = parameterLayout(data.spec, extensions);
  const last = data.spec.layers.length - 1;
  const layers = data.spec.layers.map((layer, index) => {
    if (!isDense(layer))
      throw notExportable(`layer ${index} is of kind '${layer.kind}', but only dense layers can be exported`);
    const find: FindParameter = role => {
      const [entry] = layout.select({ layer: layerPath(index), role });
      return entry && parameters.get(entry.name);
    };
    return { find, own: learnedActivation(layer, find, extensions) };
  });
  const kinds = layers.map(({ own }) => own);
  const names = options.names ?? (canName('single-bvp-net', kinds) ? 'single-bvp-net' : 'sequential');
  if (!canName(names, kinds))
    throw notExportable(
      names === 'siren'
        ? `the names 'siren' are for a network without an activation after the last layer; 'sequential' allows any activation`
        : `the names '${names}' are for a SIREN: sines, and no activation after the last layer; 'sequential' allows any activation`,
    );
  const target = targets[names];

  const arrays = new Map<string, ShapedArray<Float32Array>>();
  const activations = layers.map(({ own }, index): ActivationSpec => {
    const wanted = index === 0 ? (omega0 ?? target.omegas?.[0]) : (omegaHidden ?? target.omegas?.[1]);
    const current = own['omega'];
    if (own.kind !== 'sine' || wanted === undefined || typeof current !== 'number') {
      const given = index === 0 ? omega0 : omegaHidden;
      if (given !== undefined && own.kind !== 'sine' && own.kind !== 'identity' && own['omega'] !== given)
        throw notExportable(
          `the weights of layer ${index} cannot be rescaled to an omega of ${given}: its activation is ${own.kind}`,
        );
      return own;
    }
    return { ...own, omega: wanted };
  });
  for (const [index, { own, find }] of layers.entries()) {
    const omega = activations[index]?.['omega'];
    const factor = own.kind === 'sine' && typeof omega === 'number' ? (own['omega'] as number) / omega : 1;
    const weight = find('weight') as ShapedArray<Float32Array>;
    const [inFeatures = 0, outFeatures = 0] = weight.shape;
    const name = target.layer(index, last);
    arrays.set(`${name}.weight`, {
      shape: [outFeatures, inFeatures],
      data: scaled(transpose(weight.data, inFeatures, outFeatures), factor),
    });
    const bias = find('bias')?.data;
    if (bias !== undefined || !target.biasOptional)
      arrays.set(`${name}.bias`, { shape: [outFeatures], data: scaled(bias ?? new Float32Array(outFeatures), factor) });
  }
  const settings = writeSettings(activations);
  const bytes =
    format === 'pth' ? writeTorchArchive(arrays, settings) : encodeSafetensors(arrays, { format: 'pt', ...settings });
  return { bytes, names, activations };
};
