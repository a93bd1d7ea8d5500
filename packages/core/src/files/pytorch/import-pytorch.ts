/** @file Imports networks that were trained in PyTorch from their usual files. */

import type { ActivationSpec } from '../../activations/activation.ts';
import { assertOptions } from '../../options.ts';
import type { DenseSpec } from '../../spec/dense.ts';
import type { FieldSpec } from '../../spec/field-spec.ts';
import type { Extensions } from '../../spec/layer.ts';
import { layerPath } from '../../spec/layer.ts';
import { parameterLayout, parseSpec } from '../../spec/spec.ts';
import { type FieldData, listNames, readParameters } from '../field-data.ts';
import { FieldFileError } from '../field-file-error.ts';
import type { SafetensorsFile } from '../safetensors.ts';
import { type FoundLayer, type FoundNetwork, findNetwork } from './find-network.ts';
import { canName, type PytorchNames, type PytorchSource } from './names.ts';
import { readSettings } from './settings.ts';
import {
  readStateDicts,
  type StateDict,
  type StateDictFile,
  type StateDictLimits,
  type StateTensor,
} from './state-dicts.ts';

/** The options of {@link importPytorch}: what a state dict does not contain, and limits. */
export interface ImportPytorchOptions extends StateDictLimits {
  /**
   * The activation after each layer but the last. If absent, sine for a SIREN's names; required for an `nn.Sequential`.
   * The code of FINER and of Gaussian networks names layers like a SIREN's: `{ kind: 'finer' }`, `{ kind: 'gaussian',
   * sigma: 0.1 }`.
   */
  readonly activation?: ActivationSpec;
  /**
   * The omega of the first sine or FINER activation. 30 if absent, the default of all the implementations
   * (`first_omega_0`, `w0_initial`).
   */
  readonly omega0?: number;
  /**
   * The omega of the later ones (`hidden_omega_0`, `w0`). If absent, the default of the implementation: 30 in
   * vsitzmann/siren, where it is a constant in `modules.py`; 1 in lucidrains/siren-pytorch.
   */
  readonly omegaHidden?: number;
  /**
   * The activation after the last layer, e.g. `{ kind: 'sigmoid' }`. If absent, the hidden activation where the
   * notebook's names imply one, otherwise the identity.
   */
  readonly finalActivation?: ActivationSpec;
  /**
   * The prefix of the names of one network, e.g. `model.img_siren`; other arrays are ignored. If absent, all arrays
   * must belong to one network.
   */
  readonly prefix?: string;
  readonly extensions?: Extensions;
}

/** What was assumed, because neither the file nor the options specify it. */
export interface PytorchAssumptions {
  readonly activation?: string;
  readonly omega0?: number;
  readonly omegaHidden?: number;
}

/** A field imported from PyTorch. */
export interface PytorchField extends FieldData {
  readonly source: PytorchSource;
  /**
   * The scheme with which `exportPytorch` writes the file's own names, without the prefix; `sequential` where that
   * scheme cannot have these activations.
   */
  readonly names: PytorchNames;
  /**
   * The checkpoint's keys and the prefix of the layers' names, e.g. `model_state_dict.siren.`; empty if there are none.
   */
  readonly prefix: string;
  readonly assumed: PytorchAssumptions;
}

/** Usual checkpoint keys of state dicts, the most likely first. */
const PREFERRED = ['state_dict', 'model_state_dict', 'model', 'network', 'net', 'module'];

const rank = (path: string): number => {
  const place = PREFERRED.indexOf(path.split('.').at(-1) ?? '');
  return place < 0 ? PREFERRED.length : place;
};

/** Chooses the network to import. */
const chooseNetwork = ({ dicts }: StateDictFile, prefix: string | undefined): FoundNetwork => {
  const found: { readonly dict: StateDict; readonly network: FoundNetwork }[] = [];
  let failure: { readonly size: number; readonly error: FieldFileError } | undefined;
  for (const dict of dicts)
    try {
      found.push({ dict, network: findNetwork(dict, prefix) });
    } catch (error) {
      if (!(error instanceof FieldFileError)) throw error;
      // Report the error of the largest dictionary, most likely the network; an optimizer's names no weights.
      const size = error.problem === 'unknown-names' ? dict.tensors.size : Number.MAX_SAFE_INTEGER;
      if (failure === undefined || size > failure.size) failure = { size, error };
    }
  const [first, second] = found.sort((a, b) => rank(a.dict.path) - rank(b.dict.path));
  if (first === undefined)
    throw failure?.error ?? new FieldFileError('unknown-names', 'the file has no dictionary of tensors');
  if (second !== undefined && rank(first.dict.path) === rank(second.dict.path))
    throw new FieldFileError(
      'ambiguous',
      `the file has ${found.length} networks, with the prefixes ${listNames(found.map(({ network }) => `'${network.prefix}'`))}`,
      { option: 'prefix' },
    );
  return first.network;
};

/** `[o, i]` to `[i, o]`, row-major: PyTorch computes h W^T + b, a dense layer here h W + b. */
export const transpose = (data: ArrayLike<number>, rows: number, columns: number): Float32Array => {
  const result = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = data[row * columns + column] as number;
  return result;
};

const floats = (tensor: StateTensor, what: string): Float32Array => {
  const data = tensor.read();
  if (!(data instanceof Float32Array))
    throw new FieldFileError('wrong-shape', `${what} must have floats, it has integers`);
  return data;
};

const show = (shape: readonly number[]): string => `[${listNames(shape.map(String))}]`;

/** The activations of all layers, and what was assumed about them. */
const chooseActivations = (
  { family, layers }: FoundNetwork,
  options: ImportPytorchOptions,
): { readonly activations: readonly ActivationSpec[]; readonly assumed: PytorchAssumptions } => {
  const { activation, finalActivation, omega0, omegaHidden } = options;
  const [omegaFirst, omegaLater] = family.omegas;
  for (const [name, omega] of Object.entries({ omega0, omegaHidden }))
    if (omega !== undefined && !(Number.isFinite(omega) && omega > 0))
      throw new RangeError(`importPytorch: ${name} must be a positive number, got ${omega}`);
  if (activation === undefined && !family.isSiren && layers.length > 1)
    throw new FieldFileError(
      'unknown-activation',
      `the names are those of ${family.source}, which do not say what is between the layers`,
      { option: 'activation' },
    );
  const kind = activation?.kind ?? 'sine';
  const hasOmega = (kind === 'sine' || kind === 'finer') && activation?.['omega'] === undefined;
  const given = omega0 !== undefined ? 'omega0' : omegaHidden !== undefined ? 'omegaHidden' : undefined;
  if (given !== undefined && !hasOmega)
    throw new RangeError(
      `importPytorch: ${given} is for the activations sine and finer without an omega of their own, not for ${kind}`,
    );
  const own = (index: number): ActivationSpec =>
    hasOmega
      ? { ...activation, kind, omega: index === 0 ? (omega0 ?? omegaFirst) : (omegaHidden ?? omegaLater) }
      : { ...activation, kind };
  const isActivated = ({ activated }: FoundLayer, index: number): boolean =>
    index < layers.length - 1 || activated === true;
  const activations = layers.map((layer, index) =>
    index === layers.length - 1 && finalActivation !== undefined
      ? finalActivation
      : isActivated(layer, index)
        ? own(index)
        : { kind: 'identity' },
  );
  const uses = (index: number): boolean =>
    hasOmega &&
    activations.some((own, place) => own !== finalActivation && own.kind === kind && Math.min(place, 1) === index);
  return {
    activations,
    assumed: {
      ...(activation === undefined && activations.some(own => own.kind === kind) && { activation: kind }),
      ...(omega0 === undefined && uses(0) && { omega0: omegaFirst }),
      ...(omegaHidden === undefined && uses(1) && { omegaHidden: omegaLater }),
    },
  };
};

/** The network with its parameters. */
const buildField = (
  { family, prefix, layers }: FoundNetwork,
  activations: readonly ActivationSpec[],
  extensions: Extensions,
): Omit<PytorchField, 'assumed'> => {
  const arrays = new Map<string, Readonly<Record<string, Float32Array>>>();
  let width: number | undefined;
  const dense = layers.map(({ weight, bias, name }, index): DenseSpec => {
    const [rows = 0, columns = 0] = weight.shape;
    if (weight.shape.length !== 2 || rows === 0 || columns === 0 || (width !== undefined && columns !== width))
      throw new FieldFileError(
        'wrong-shape',
        `weight of layer ${index} must be [out, ${width ?? 'in'}], got ${show(weight.shape)} (${listNames([name])})`,
      );
    if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== rows))
      throw new FieldFileError('wrong-shape', `bias of layer ${index} must be [${rows}], got ${show(bias.shape)}`);
    width = rows;
    arrays.set(layerPath(index), {
      weight: transpose(floats(weight, `weight of layer ${index}`), rows, columns),
      ...(bias && { bias: floats(bias, `bias of layer ${index}`) }),
    });
    const activation = activations[index] as ActivationSpec;
    const isSine = activations[0]?.kind === 'sine' || activations[0]?.kind === 'finer';
    return {
      kind: 'dense',
      outFeatures: rows,
      activation,
      weightInitialiser: { kind: isSine ? (index === 0 ? 'siren-first' : 'siren-hidden') : 'pytorch-linear' },
      biasInitialiser: bias === undefined ? null : { kind: 'pytorch-linear' },
    };
  });
  const inFeatures = layers[0]?.weight.shape[1] as number;
  const spec: FieldSpec = parseSpec({ inFeatures, layers: dense }, extensions);
  const parameters = new Map(
    parameterLayout(spec, extensions).entries.flatMap(({ name, layer, role, shape }) => {
      const data = arrays.get(layer)?.[role];
      return data ? [[name, { shape, data }] as const] : [];
    }),
  );
  return {
    source: family.source,
    names: canName(family.scheme, activations) ? family.scheme : 'sequential',
    prefix,
    spec,
    parameters: readParameters(spec, parameters, extensions),
  };
};

/**
 * Reads a network that was trained in PyTorch, from its state dict: a `.pt` or `.pth` of
 * `torch.save(model.state_dict(), path)` or of a checkpoint dictionary that holds it, or
 * `safetensors.torch.save_file(model.state_dict(), path)`. A pickle is read without running any code in it.
 *
 * The networks of vsitzmann/siren (`SingleBVPNet`, `FCBlock` and the notebook's `Siren`), of EmilienDupont/coin
 * (`Siren`), of lucidrains/siren-pytorch (`SirenNet`, `SirenWrapper`) and plain `nn.Sequential` or `nn.ModuleList` are
 * recognised by their names, with any prefix. A state dict does not contain the network's activations: `assumed` lists
 * what was assumed. A file of `exportPytorch` does contain them.
 *
 * Time is linear in the file's length. Memory is at most four times the file's length and 100 bytes for each byte of
 * its header or pickle.
 *
 * Reference: Sitzmann et al. 2020, arXiv:2006.09661, and the two repositories on GitHub.
 *
 * @param file the bytes of the file, or what `decodeSafetensors` returns for them; F16, BF16 and F64 are read as
 *   float32
 * @throws SafetensorsError when a safetensors file is damaged, or the bytes are of another format, which the message
 *   names
 * @throws FieldFileError `unknown-names` with the names that were found and those that are known, `ambiguous`,
 *   `unknown-activation`, `missing-parameter`, `wrong-shape`, `not-finite`, `refused-pickle`, `damaged-archive` or
 *   `too-large`
 * @throws RangeError or TypeError when an option is wrong
 */
export const importPytorch = (file: Uint8Array | SafetensorsFile, options: ImportPytorchOptions = {}): PytorchField => {
  assertOptions('importPytorch', options, {
    activation: 1,
    omega0: 1,
    omegaHidden: 1,
    finalActivation: 1,
    prefix: 1,
    extensions: 1,
    maxHeaderBytes: 1,
    maxMembers: 1,
    maxPickleBytes: 1,
    maxValues: 1,
  });

  const { prefix, extensions = {} } = options;
  const content = readStateDicts(file, options);
  if ('neural-fields.spec' in content.metadata)
    throw new FieldFileError(
      'unknown-names',
      'this is a field file, not a PyTorch state dict: decodeFieldData reads it',
    );
  const network = chooseNetwork(content, prefix);
  const hasOptions = [options.activation, options.omega0, options.omegaHidden, options.finalActivation].some(
    value => value !== undefined,
  );
  const saved = hasOptions ? undefined : readSettings(content.metadata, network.layers.length);
  const { activations, assumed } = saved ? { activations: saved, assumed: {} } : chooseActivations(network, options);
  try {
    return { ...buildField(network, activations, extensions), assumed };
  } catch (error) {
    // The activations came from the file's metadata, not from the caller.
    if (error instanceof FieldFileError || saved === undefined) throw error;
    throw new FieldFileError('invalid-spec', error instanceof Error ? error.message.slice(0, 400) : String(error), {
      cause: error,
    });
  }
};
