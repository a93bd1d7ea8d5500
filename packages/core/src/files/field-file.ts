/**
 * @file The file of a field: safetensors, with the spec as JSON in the metadata, so that any safetensors reader gets at the parameters.
 *
 *     __metadata__   neural-fields.version: "1", neural-fields.spec: the spec as JSON, and the caller's own keys
 *     arrays         the parameters by name, F32; then `state.*`, which checkpoints keep beside them
 */
import type { Extensions } from '../spec/layer.ts';
import { FIELD_FORMAT_VERSION, type FieldData, listNames, pickParameters, readParameters, readSpec } from './field-data.ts';
import { FieldFileError } from './field-file-error.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsArray,
  type SafetensorsLimits,
  type ShapedArray,
} from './safetensors.ts';

/** Metadata keys that begin with this belong to the format. */
const OWN_KEYS = 'neural-fields.';
const VERSION = `${OWN_KEYS}version`;
const SPEC = `${OWN_KEYS}spec`;
const STATE = 'state.';

/** What may be stored beside a field. */
export interface FieldFileExtras {
  /** Free text by key, e.g. a title or a licence. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Arrays beside the parameters, e.g. an optimizer's state. A field can be used without them. */
  readonly state?: ReadonlyMap<string, ShapedArray>;
}

/** The options of {@link encodeFieldData}. */
export interface EncodeFieldOptions extends FieldFileExtras {
  readonly extensions?: Extensions;
}

/** What a field file holds. */
export interface FieldFile extends FieldData, Required<FieldFileExtras> {}

/**
 * Writes a field to bytes. Equal input gives equal bytes.
 *
 * @throws FieldFileError when the parameters are not those of the spec
 * @throws RangeError when a key of `metadata` begins with `neural-fields.`
 */
export const encodeFieldData = (
  { spec, parameters }: FieldData,
  { metadata = {}, state = new Map(), extensions = {} }: EncodeFieldOptions = {},
): Uint8Array<ArrayBuffer> => {
  for (const key of Object.keys(metadata))
    if (key.startsWith(OWN_KEYS))
      throw new RangeError(`encodeFieldData: metadata keys that begin with '${OWN_KEYS}' are the format's own, got '${key}'`);
  const arrays = new Map<string, ShapedArray<SafetensorsArray>>(pickParameters(spec, parameters, extensions));
  for (const [name, array] of state) arrays.set(STATE + name, array);
  return encodeSafetensors(arrays, { [VERSION]: String(FIELD_FORMAT_VERSION), [SPEC]: JSON.stringify(spec), ...metadata });
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
 * @param bytes what {@link encodeFieldData} wrote
 * @param extensions the layers and activations of the spec that are not core ones
 * @throws SafetensorsError when the bytes are not a safetensors file
 * @throws FieldFileError when they are one, but not a field, or a field with a parameter that is not finite
 */
export const decodeFieldData = (bytes: Uint8Array, extensions: Extensions = {}, limits: SafetensorsLimits = {}): FieldFile => {
  const file = decodeSafetensors(bytes, limits);
  const { [VERSION]: version, [SPEC]: specText } = file.metadata;
  if (specText === undefined)
    throw new FieldFileError(
      'no-spec',
      'the safetensors file has no spec (the state dict of a PyTorch network is read by importPytorch of @neural-fields/core/pytorch); ' +
        `its arrays are ${listNames(file.tensors.keys()) || 'none'}`,
    );
  const spec = readSpec(version, parseJson(specText), extensions);
  const parameters = new Map<string, ShapedArray>();
  const state = new Map<string, ShapedArray>();
  for (const [name, { shape, data }] of file.tensors) {
    if (name.startsWith(STATE)) state.set(name.slice(STATE.length), { shape, data });
    else parameters.set(name, { shape, data });
  }
  const metadata = Object.create(null) as Record<string, string>;
  for (const [key, value] of Object.entries(file.metadata)) if (!key.startsWith(OWN_KEYS)) metadata[key] = value;
  return { spec, parameters: readParameters(spec, parameters, extensions), metadata, state };
};
