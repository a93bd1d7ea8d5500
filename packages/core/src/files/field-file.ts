/**
 * @file Field files: safetensors with the spec as JSON in the metadata, so that any safetensors reader can read the
 *   parameters.
 *
 *     __metadata__   neural-fields.version: "1", neural-fields.spec: the spec as JSON, and the caller's own keys
 *     arrays         the parameters by name, F32 or F16; then `state.*`, which checkpoints add
 *
 * With 8-bit parameters the version is "2", and after the parameters come their scales:
 *
 *     w              I8 [..., columns]
 *     scale.w        F32 [ceil(rows / 64), columns], for the parameter w; rows are all axes but the last
 */
import { assertOptions } from '../options.ts';
import type { Extensions } from '../spec/layer.ts';
import {
  assertFinite,
  assertVersion,
  FIELD_FORMAT_VERSION,
  type FieldData,
  listNames,
  QUANTIZED_FORMAT_VERSION,
  readParameters,
  readSpec,
} from './field-data.ts';
import { FieldFileError } from './field-file-error.ts';
import { assertPrecision, type FieldPrecision, precisionOf, restoreParameters, storeParameters } from './precision.ts';
import {
  decodeSafetensors,
  type EncodableArray,
  encodeSafetensors,
  isDecoded,
  type SafetensorsFile,
  type SafetensorsLimits,
  type ShapedArray,
} from './safetensors.ts';

/** Metadata keys with this prefix belong to the format. */
const OWN_KEYS = 'neural-fields.';
const VERSION = `${OWN_KEYS}version`;
const SPEC = `${OWN_KEYS}spec`;
const MODEL = `${OWN_KEYS}model`;
const STATE = 'state.';

/** What can be stored besides a field. */
export interface FieldFileExtras {
  /** Free text by key, e.g. a title or a licence. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Arrays besides the parameters, e.g. an optimizer's state. Not needed to use the field. */
  readonly state?: ReadonlyMap<string, ShapedArray>;
}

/** The options of {@link encodeFieldData}. */
export interface EncodeFieldOptions extends FieldFileExtras {
  readonly extensions?: Extensions;
  /** The precision of the matrices; float32 if absent. `roundFieldData` says what a lower one changes. */
  readonly precision?: FieldPrecision;
}

/** The content of a field file. */
export interface FieldFile extends FieldData, Required<FieldFileExtras> {
  /** The precision of the matrices in the file; `bfloat16` where another program wrote it. */
  readonly precision: FieldPrecision | 'bfloat16';
}

/**
 * Writes a field to bytes. Equal input gives equal bytes.
 *
 * @throws FieldFileError when the parameters are not those of the spec; `not-finite` or `out-of-range` when a lower
 *   precision cannot represent them
 * @throws RangeError when a key of `metadata` begins with `neural-fields.`, or the precision is unknown
 */
export const encodeFieldData = (data: FieldData, options: EncodeFieldOptions = {}): Uint8Array<ArrayBuffer> => {
  assertOptions('encodeFieldData', options, { extensions: 1, metadata: 1, precision: 1, state: 1 });
  const { metadata = {}, state = new Map(), extensions = {}, precision = 'float32' } = options;
  assertPrecision('encodeFieldData', precision);
  const { arrays, isQuantized } = storeParameters(data, precision, extensions);
  const version = isQuantized ? QUANTIZED_FORMAT_VERSION : FIELD_FORMAT_VERSION;
  const own = { [VERSION]: String(version), [SPEC]: JSON.stringify(data.spec) };
  return encodeArrays('encodeFieldData', arrays, { metadata, state }, own);
};

const encodeArrays = (
  what: string,
  parameters: ReadonlyMap<string, EncodableArray>,
  { metadata, state }: Required<FieldFileExtras>,
  own: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> => {
  for (const key of Object.keys(metadata))
    if (key.startsWith(OWN_KEYS))
      throw new RangeError(`${what}: metadata keys must not begin with '${OWN_KEYS}', which is reserved, got '${key}'`);
  const arrays = new Map<string, EncodableArray>(parameters);
  for (const [name, array] of state) arrays.set(STATE + name, array);
  return encodeSafetensors(arrays, { ...own, ...metadata });
};

/** A model other than a field: its description, and its parameters by name. */
export interface ModelData {
  /** JSON. */
  readonly description: Readonly<Record<string, unknown>>;
  /** In the order of the layout. */
  readonly parameters: ReadonlyMap<string, ShapedArray<Float32Array>>;
}

/** The content of a model file. */
export interface ModelFile extends ModelData, Required<FieldFileExtras> {}

/**
 * Writes a model to bytes: like a field file, with the description under `neural-fields.model` instead of a spec.
 *
 * @throws RangeError when a key of `metadata` begins with `neural-fields.`
 */
export const encodeModelData = (
  { description, parameters }: ModelData,
  { metadata = {}, state = new Map() }: FieldFileExtras = {},
): Uint8Array<ArrayBuffer> =>
  encodeArrays(
    'encodeModelData',
    parameters,
    { metadata, state },
    { [VERSION]: String(FIELD_FORMAT_VERSION), [MODEL]: JSON.stringify(description) },
  );

/**
 * Reads a model from bytes.
 *
 * @param file the bytes that {@link encodeModelData} wrote, or what `decodeSafetensors` returns for them
 * @param limits of the reader of bytes
 * @throws SafetensorsError when the bytes are not a safetensors file
 * @throws FieldFileError when they are one, but not a model, or a model with a parameter that is not a finite float
 */
export const decodeModelData = (file: Uint8Array | SafetensorsFile, limits: SafetensorsLimits = {}): ModelFile => {
  const decoded = isDecoded(file) ? file : decodeSafetensors(file, limits);
  const { [VERSION]: version, [MODEL]: text } = decoded.metadata;
  if (text === undefined)
    throw new FieldFileError(
      'no-spec',
      `the safetensors file has no model; its arrays: ${listNames(decoded.tensors.keys()) || 'none'}`,
    );
  assertVersion(version);
  const description = parseJson(text);
  if (typeof description !== 'object' || description === null || Array.isArray(description))
    throw new FieldFileError('invalid-spec', 'the description of the model must be an object');
  const { parameters, ...extras } = divide(decoded);
  const found = new Map<string, ShapedArray<Float32Array>>();
  for (const [name, { shape, data }] of parameters) {
    if (!(data instanceof Float32Array))
      throw new FieldFileError('wrong-shape', `'${listNames([name])}' must have floats, it has integers`);
    assertFinite(listNames([name]), data);
    found.set(name, { shape, data });
  }
  return { description: description as ModelData['description'], parameters: found, ...extras };
};

/** Separates parameters, state, and the caller's metadata. */
const divide = ({ tensors, metadata: all }: SafetensorsFile) => {
  const parameters = new Map<string, ShapedArray>();
  const state = new Map<string, ShapedArray>();
  for (const [name, { shape, data }] of tensors) {
    if (name.startsWith(STATE)) state.set(name.slice(STATE.length), { shape, data });
    else parameters.set(name, { shape, data });
  }
  const metadata = Object.create(null) as Record<string, string>;
  for (const [key, value] of Object.entries(all)) if (!key.startsWith(OWN_KEYS)) metadata[key] = value;
  return { parameters, state, metadata };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FieldFileError(
      'invalid-spec',
      `the spec must be JSON (${cause instanceof Error ? cause.message : String(cause)})`,
      { cause },
    );
  }
};

/**
 * Reads a field from bytes.
 *
 * @param file the bytes that {@link encodeFieldData} wrote, or what `decodeSafetensors` returns for them
 * @param extensions the layers and activations of the spec that core does not define
 * @param limits of the reader of bytes
 * @throws SafetensorsError when the bytes are not a safetensors file
 * @throws FieldFileError when they are one, but not a field, or a field with a parameter that is not finite
 */
export const decodeFieldData = (
  file: Uint8Array | SafetensorsFile,
  extensions: Extensions = {},
  limits: SafetensorsLimits = {},
): FieldFile => {
  assertOptions('decodeFieldData', limits, { maxHeaderBytes: 1 });

  const decoded = isDecoded(file) ? file : decodeSafetensors(file, limits);
  const { [VERSION]: version, [SPEC]: specText } = decoded.metadata;
  if (specText === undefined)
    throw new FieldFileError(
      'no-spec',
      'the safetensors file has no spec (the state dict of a PyTorch network is read by importPytorch of @neural-fields/core/pytorch); ' +
        `its arrays: ${listNames(decoded.tensors.keys()) || 'none'}`,
    );
  assertVersion(version, QUANTIZED_FORMAT_VERSION);
  const spec = readSpec(parseJson(specText), extensions);
  const { parameters: stored, ...extras } = divide(decoded);
  const isQuantized = Number(version) >= QUANTIZED_FORMAT_VERSION;
  const parameters = readParameters(spec, isQuantized ? restoreParameters(stored) : stored, extensions);
  const precision = precisionOf(
    [...decoded.tensors].filter(([name]) => parameters.has(name)).map(([, array]) => array),
  );
  return { spec, parameters, precision, ...extras };
};
