/** @file Encodes and decodes fields. */
import { createField, type Field } from '../field.ts';
import { assertOptions } from '../options.ts';
import { readVariables } from '../params/variables.ts';
import type { Extensions } from '../spec/layer.ts';
import type { FieldData } from './field-data.ts';
import { decodeFieldData, type EncodeFieldOptions, encodeFieldData } from './field-file.ts';

/** A field's spec and parameters as plain data, read from the device. */
export const readField = async (field: Field): Promise<FieldData> => ({
  spec: field.spec,
  parameters: await readVariables(field.parameters),
});

/**
 * Makes a field from plain data. The caller disposes of it.
 *
 * @throws RangeError or TypeError when the data do not fit the spec
 */
export const fieldFromData = ({ spec, parameters }: FieldData, extensions: Extensions = {}): Field =>
  createField(spec, {
    parameters: Object.fromEntries([...parameters].map(([name, { data }]) => [name, data])),
    extensions,
  });

/**
 * Writes a field as a safetensors file with its spec in the metadata.
 *
 * @param metadata free text by key, e.g. a title or a licence
 * @param options the precision of the matrices; float32 if absent
 * @throws FieldFileError when a lower precision cannot represent the parameters
 */
export const encodeField = async (
  field: Field,
  metadata: Readonly<Record<string, string>> = {},
  options: Pick<EncodeFieldOptions, 'precision'> = {},
): Promise<Uint8Array<ArrayBuffer>> => {
  assertOptions('encodeField', options, { precision: 1 });
  return encodeFieldData(await readField(field), { metadata, extensions: field.extensions, ...options });
};

/**
 * Reads a field from a file that {@link encodeField} wrote, or from a checkpoint. The caller disposes of it.
 *
 * @throws SafetensorsError when the file is damaged or of another format, FieldFileError when it is not a field
 */
export const decodeField = (bytes: Uint8Array, extensions: Extensions = {}): Field =>
  fieldFromData(decodeFieldData(bytes, extensions), extensions);
