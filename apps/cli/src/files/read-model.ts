/** @file Files of models that are no fields, such as priors. */
import { decodeModelData, FieldFileError, type ModelFile, type SafetensorsFile } from '@neural-fields/core/files';

/** What a model is called: `a prior`. */
export const modelName = ({ description }: ModelFile): string => {
  const kind = typeof description['kind'] === 'string' ? description['kind'].slice(0, 40) : 'model';
  return `a ${kind}`;
};

/**
 * The model in a file; `undefined` if the file holds something else.
 *
 * @throws FieldFileError when the model is damaged
 */
export const readModel = (file: SafetensorsFile): ModelFile | undefined => {
  try {
    return decodeModelData(file);
  } catch (error) {
    if (error instanceof FieldFileError && error.problem === 'no-spec') return undefined;
    throw error;
  }
};
