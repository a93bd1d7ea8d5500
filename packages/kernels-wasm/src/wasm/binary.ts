import { relaxedSimdBinary, simdBinary } from '../generated/binaries.ts';

/** The module behind the text of `generated/binaries.ts`. */
export const decodeBinary = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), character => character.charCodeAt(0));

/**
 * The build that this engine takes, best first.
 *
 * @throws Error when the engine has no WebAssembly SIMD, or no shared memory
 */
export const chooseBinary = (): Uint8Array<ArrayBuffer> => {
  for (const binary of [relaxedSimdBinary, simdBinary]) {
    const bytes = decodeBinary(binary);
    if (WebAssembly.validate(bytes)) return bytes;
  }
  throw new Error('simd: this engine lacks WebAssembly SIMD or shared WebAssembly memory');
};
