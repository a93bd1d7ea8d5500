/**
 * @file SIRENs trained in PyTorch. A state dict says little about the network it belongs to: names and arrays. The names tell which of the
 * public implementations it comes from; the omegas are constants of their code and are not stored, so they are options here.
 *
 *     implementation                      names of layer i                  of the last layer
 *     vsitzmann/siren, modules.py         net.<i>.0.weight                  net.<n>.0.weight
 *     vsitzmann/siren, notebook           net.<i>.linear.weight             net.<n>.weight, or net.<n>.linear.weight with a sine on it
 *     lucidrains/siren-pytorch            layers.<i>.weight                 last_layer.weight
 *
 * and `.bias` likewise. Modules around the network put words in front: SingleBVPNet and SirenWrapper `net.`, DataParallel `module.`,
 * torch.compile `_orig_mod.`, the SDF decoder of vsitzmann/siren `model.`.
 */
import type { ActivationSpec } from '../activations/activation.ts';
import type { DenseSpec } from '../layers/dense.ts';
import { parseSpec } from '../spec/spec.ts';
import { type FieldData, pickParameters } from './field-data.ts';
import { FieldFileError } from './field-file-error.ts';
import { decodeSafetensors, type SafetensorsFile, type ShapedArray } from './safetensors.ts';

/** The implementation that a state dict comes from. */
export type PytorchSirenSource = 'vsitzmann/siren modules' | 'vsitzmann/siren notebook' | 'lucidrains/siren-pytorch';

/** The options of {@link importPytorchSiren}: what the state dict does not say. */
export interface ImportPytorchSirenOptions {
  /** The factor in the first sine. 30 if absent, the default of all three implementations (`first_omega_0`, `w0_initial`). */
  readonly omega0?: number;
  /**
   * The factor in the later sines (`hidden_omega_0`, `w0`). If absent the default of the implementation: 30 in vsitzmann/siren, where it is a
   * constant of the code in `modules.py`; 1 in lucidrains/siren-pytorch.
   */
  readonly omegaHidden?: number;
  /** What follows the last layer, e.g. `{ kind: 'sigmoid' }`. If absent: a sine where the notebook's names say so, otherwise the identity. */
  readonly finalActivation?: ActivationSpec;
}

/** A field that came from PyTorch. */
export interface PytorchSiren extends FieldData {
  readonly source: PytorchSirenSource;
}

/** What a name says. */
interface ParsedName {
  readonly prefix: string;
  /** `Infinity` for a last layer that has no number. */
  readonly index: number;
  readonly part: 'weight' | 'bias';
  /** Whether a sine is known to follow (true), known not to follow (false), or the name says nothing. */
  readonly sine?: boolean;
}

interface Family {
  readonly source: PytorchSirenSource;
  readonly understood: string;
  readonly omegaHidden: number;
  parse(name: string): ParsedName | undefined;
}

const PREFIX = '^(?<prefix>(?:module\\.|_orig_mod\\.|model\\.|net\\.)*?)';
const PART = '(?<part>weight|bias)$';

const parseWith =
  (pattern: RegExp, sineOf: (groups: Readonly<Record<string, string | undefined>>) => boolean | undefined) =>
  (name: string): ParsedName | undefined => {
    const groups: Readonly<Record<string, string | undefined>> | undefined = pattern.exec(name)?.groups;
    if (groups === undefined) return undefined;
    const { prefix = '', index, part } = groups;
    const sine = sineOf(groups);
    return {
      prefix,
      index: index === undefined ? Number.POSITIVE_INFINITY : Number(index),
      part: part === 'bias' ? 'bias' : 'weight',
      ...(sine !== undefined && { sine }),
    };
  };

const families: readonly Family[] = [
  {
    source: 'vsitzmann/siren modules',
    understood: 'net.<i>.0.weight',
    omegaHidden: 30,
    parse: parseWith(new RegExp(`${PREFIX}net\\.(?<index>\\d+)\\.0\\.${PART}`), () => undefined),
  },
  {
    source: 'vsitzmann/siren notebook',
    understood: 'net.<i>.linear.weight',
    omegaHidden: 30,
    parse: parseWith(
      new RegExp(`${PREFIX}net\\.(?<index>\\d+)\\.(?<linear>linear\\.)?${PART}`),
      ({ linear }) => linear !== undefined,
    ),
  },
  {
    source: 'lucidrains/siren-pytorch',
    understood: 'layers.<i>.weight with last_layer.weight',
    omegaHidden: 1,
    parse: parseWith(new RegExp(`${PREFIX}(?:layers\\.(?<index>\\d+)|last_layer)\\.${PART}`), ({ index }) => index !== undefined),
  },
];

/** Buffers that are not part of the network: SirenWrapper keeps its pixel coordinates in `grid`. */
const isBuffer = (name: string): boolean => /^(?:module\.|_orig_mod\.)*grid$/.test(name);

interface LinearLayer {
  readonly sine?: boolean;
  readonly weight: ShapedArray;
  readonly bias?: ShapedArray;
}

const list = (names: readonly string[]): string => `${names.slice(0, 12).join(', ')}${names.length > 12 ? ', ...' : ''}`;

const unknownNames = (names: readonly string[]): FieldFileError => {
  const understood = families.map(family => `${family.understood} (${family.source})`).join('; ');
  const modulated = names.some(name => name.includes('modulator.'))
    ? '; a modulated network is a hypernetwork, not one field'
    : '';
  return new FieldFileError(
    'unknown-names',
    `no SIREN is recognised in the names ${names.length === 0 ? '(there are none)' : list(names)}; understood are ${understood}, ` +
      `each also behind net., module., _orig_mod. or model.${modulated}`,
  );
};

/** The layers in order, from the names. */
const findLayers = (tensors: SafetensorsFile['tensors']): { family: Family; layers: readonly LinearLayer[] } => {
  const names = [...tensors.keys()].filter(name => !isBuffer(name));
  for (const family of families) {
    const parsed = names.map(name => ({ name, ...family.parse(name) }));
    const prefix = parsed[0]?.prefix;
    if (prefix === undefined || parsed.some(other => other.prefix !== prefix)) continue;
    const indices = [...new Set(parsed.map(({ index = 0 }) => index))].sort((a, b) => a - b);
    const layers = indices.map((index, place): LinearLayer => {
      if (index !== place && Number.isFinite(index))
        throw new FieldFileError('missing-parameter', `layer ${place} is missing among ${list(names)}`);
      const parts = parsed.filter(part => part.index === index);
      const find = (wanted: ParsedName['part']): ShapedArray | undefined => {
        const name = parts.find(({ part }) => part === wanted)?.name;
        return name === undefined ? undefined : tensors.get(name);
      };
      const weight = find('weight');
      if (weight === undefined) throw new FieldFileError('missing-parameter', `${parts[0]?.name ?? ''} has no weight beside it`);
      const bias = find('bias');
      const sine = parts[0]?.sine;
      return { weight, ...(bias && { bias }), ...(sine !== undefined && { sine }) };
    });
    // The last layer may lack a sine, those before it may not; siren-pytorch always has its linear layer.
    if (layers.slice(0, -1).some(({ sine }) => sine === false)) continue;
    if (family.source === 'lucidrains/siren-pytorch' && layers.at(-1)?.sine !== false)
      throw new FieldFileError('missing-parameter', `last_layer.weight is missing among ${list(names)}`);
    return { family, layers };
  }
  throw unknownNames(names);
};

/** `[o, i]` to `[i, o]`, row-major: PyTorch computes h W^T + b, a dense layer here h W + b. */
const transpose = (data: ArrayLike<number>, rows: number, columns: number): Float32Array => {
  const result = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = data[row * columns + column] as number;
  return result;
};

const floats = ({ data }: ShapedArray, what: string): Float32Array => {
  if (!(data instanceof Float32Array)) throw new FieldFileError('wrong-shape', `${what} must hold floats, it holds integers`);
  return data;
};

/**
 * Reads a SIREN that was trained in PyTorch, from its state dict saved with
 * `safetensors.torch.save_file(model.state_dict(), path)`.
 *
 * The networks of vsitzmann/siren (`SingleBVPNet`, `FCBlock` and the notebook's `Siren`) and lucidrains/siren-pytorch (`SirenNet`,
 * `SirenWrapper`) are told by their names. That the activations are sines is taken for granted: a state dict does not say.
 * Reference: Sitzmann et al. 2020, arXiv:2006.09661, and the two repositories on GitHub.
 *
 * @param bytes a safetensors file; F16, BF16 and F64 are read as float32
 * @throws SafetensorsError when the bytes are not a safetensors file (a `.pt` or `.pth` is not)
 * @throws FieldFileError `unknown-names` with what was found and what is understood, `missing-parameter` or `wrong-shape`
 */
export const importPytorchSiren = (bytes: Uint8Array, options: ImportPytorchSirenOptions = {}): PytorchSiren => {
  const { tensors, metadata } = decodeSafetensors(bytes);
  if ('neural-fields.spec' in metadata)
    throw new FieldFileError('unknown-names', 'this is a field file, not a PyTorch state dict: decodeFieldData reads it');
  const { family, layers } = findLayers(tensors);
  const { omega0 = 30, omegaHidden = family.omegaHidden, finalActivation } = options;
  for (const [name, omega] of Object.entries({ omega0, omegaHidden }))
    if (!Number.isFinite(omega)) throw new RangeError(`importPytorchSiren: ${name} must be a finite number, got ${omega}`);

  const parameters = new Map<string, ShapedArray<Float32Array>>();
  let width: number | undefined;
  let inFeatures = 0;
  const dense = layers.map(({ weight, bias, sine }, index): DenseSpec => {
    const what = `weight of layer ${index}`;
    const [rows = 0, columns = 0] = weight.shape;
    if (weight.shape.length !== 2 || rows === 0 || columns === 0 || (width !== undefined && columns !== width))
      throw new FieldFileError('wrong-shape', `${what} must be [out, ${width ?? 'in'}], got [${weight.shape.join(', ')}]`);
    if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== rows))
      throw new FieldFileError('wrong-shape', `bias of layer ${index} must be [${rows}], got [${bias.shape.join(', ')}]`);
    if (index === 0) inFeatures = columns;
    width = rows;
    parameters.set(`layers.${index}.weight`, { shape: [columns, rows], data: transpose(floats(weight, what), rows, columns) });
    if (bias !== undefined)
      parameters.set(`layers.${index}.bias`, { shape: [rows], data: floats(bias, `bias of layer ${index}`) });
    const ownSine: ActivationSpec = { kind: 'sine', omega: index === 0 ? omega0 : omegaHidden };
    const last = index === layers.length - 1;
    return {
      kind: 'dense',
      outFeatures: rows,
      activation: last ? (finalActivation ?? (sine === true ? ownSine : { kind: 'identity' })) : ownSine,
      weightInitialiser: { kind: index === 0 ? 'siren-first' : 'siren-hidden' },
      biasInitialiser: bias === undefined ? null : { kind: 'pytorch-linear' },
    };
  });
  const spec = parseSpec({ inFeatures, layers: dense });
  return { source: family.source, spec, parameters: pickParameters(spec, parameters, {}) };
};
