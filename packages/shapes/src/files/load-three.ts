/** @file three's loaders are loaded when the first file needs them: whoever reads no PLY, OBJ or STL does without the package. */
import { ShapeError } from '../shape-error.ts';

/**
 * What `load` imports.
 *
 * @throws ShapeError `loader-missing` when the package `three` is not installed
 */
export const loadThree = async <T>(load: () => Promise<T>): Promise<T> => {
  try {
    return await load();
  } catch (cause) {
    throw new ShapeError('loader-missing', 'PLY, OBJ and STL files are read by three: npm install three', { cause });
  }
};
