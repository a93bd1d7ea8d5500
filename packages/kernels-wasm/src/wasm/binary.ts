import { relaxedSimdBinary, simdBinary } from '../generated/binaries.ts';

/** Decodes a module of `generated/binaries.ts`. */
export const decodeBinary = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), character => character.charCodeAt(0));

/** A build of the module. */
export interface Build {
  /** Results of the builds differ in rounding: relaxed SIMD rounds a multiply-add only once. */
  readonly name: 'relaxed SIMD' | 'SIMD';
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * The best build that this engine supports.
 *
 * @throws Error when the engine has no WebAssembly SIMD, or no shared memory
 */
export const chooseBuild = (): Build => {
  for (const [name, binary] of [['relaxed SIMD', relaxedSimdBinary] as const, ['SIMD', simdBinary] as const]) {
    const bytes = decodeBinary(binary);
    if (WebAssembly.validate(bytes)) return { name, bytes };
  }
  throw new Error('simd: this engine lacks WebAssembly SIMD or shared WebAssembly memory');
};
