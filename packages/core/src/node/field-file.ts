import type { FieldData } from '../files/field-data.ts';
import { decodeFieldData, type EncodeFieldOptions, encodeFieldData, type FieldFile } from '../files/field-file.ts';
import { FieldFileError } from '../files/field-file-error.ts';
import { SafetensorsError } from '../files/safetensors.ts';
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
 * @throws FieldFileError when the parameters are not those of the spec
 * @throws FileError when the file system refuses
 */
export const writeFieldFile = async (path: string, data: FieldData, options: EncodeFieldOptions = {}): Promise<void> =>
  writeFileAtomically(path, encodeFieldData(data, options));
