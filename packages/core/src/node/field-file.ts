import type { Field } from '../field.ts';
import type { FieldData } from '../files/field-data.ts';
import { decodeFieldData, type EncodeFieldOptions, encodeFieldData, type FieldFile } from '../files/field-file.ts';
import { FieldFileError } from '../files/field-file-error.ts';
import { SafetensorsError } from '../files/safetensors.ts';
import { assertOptions } from '../options.ts';
import { readVariables } from '../params/variables.ts';
import type { Extensions } from '../spec/layer.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { readFileBytes } from './read-file-bytes.ts';

/**
 * Reads a field file.
 *
 * @throws FileError when it cannot be read
 * @throws SafetensorsError or FieldFileError when it is not a field; the message names the path
 */
export const readFieldFile = async (path: string, extensions: Extensions = {}): Promise<FieldFile> => {
  const bytes = await readFileBytes(path);
  try {
    return decodeFieldData(bytes, extensions);
  } catch (error) {
    if (error instanceof SafetensorsError || error instanceof FieldFileError)
      error.message = `${path}: ${error.message}`;
    throw error;
  }
};

/**
 * Writes a field file, atomically: see {@link writeFileAtomically}.
 *
 * @param field or its plain data
 * @throws FieldFileError when the parameters are not those of the spec
 * @throws FileError when the file system refuses
 */
export const writeFieldFile = async (
  path: string,
  field: Field | FieldData,
  options: EncodeFieldOptions = {},
): Promise<void> => {
  assertOptions('writeFieldFile', options, { extensions: 1, metadata: 1, precision: 1, state: 1 });
  if (typeof field?.spec !== 'object' || typeof field.parameters !== 'object')
    throw new TypeError(`writeFieldFile: wanted a field or its data (readField, importPytorch), got ${typeof field}`);
  if (!('layout' in field)) return writeFileAtomically(path, encodeFieldData(field, options));
  const { spec, extensions } = field;
  const data = { spec, parameters: await readVariables(field.parameters) };
  return writeFileAtomically(path, encodeFieldData(data, { extensions, ...options }));
};
