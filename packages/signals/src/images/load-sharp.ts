import { ImageError } from './image-error.ts';

/** The part of the module `sharp` that is used. */
export type Sharp = typeof import('sharp');

/**
 * Loads sharp, which is an optional peer: whoever needs no image files needs no native library.
 *
 * @param load how to import it
 * @throws ImageError `codec-missing`, with the remedy
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
