import { ImageError } from './image-error.ts';

/** The `sharp` module. */
export type Sharp = typeof import('sharp');

/**
 * Loads sharp, an optional peer dependency: only image files need the native library.
 *
 * @param load imports the module
 * @throws ImageError `codec-missing`, saying how to install it
 */
export const loadSharp = async (load: () => Promise<{ default: Sharp }> = () => import('sharp')): Promise<Sharp> => {
  try {
    return (await load()).default;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new ImageError(
      'codec-missing',
      undefined,
      `image files need the package sharp in Node; install it with "npm install sharp" (importing it failed: ${reason})`,
      { cause },
    );
  }
};
