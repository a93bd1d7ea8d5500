/** A reader of untrusted bytes, as the fuzzer sees it. */
export interface FuzzTarget {
  /** What `npm run fuzz -- --reader <name>` calls it: `ply`, `png`. */
  readonly name: string;
  /**
   * Small valid inputs that mutations start from; together they should reach every branch of the reader. The same at
   * every call.
   */
  readonly seeds: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Reads the bytes as a user's program would; may return a promise. */
  readonly read: (bytes: Uint8Array<ArrayBuffer>) => unknown;
  /** Whether an error is the reader's own typed one, which is as good an outcome as success. */
  readonly isTyped: (error: unknown) => boolean;
  /** Words of the format, which mutations insert and exchange: keywords, names of properties, numbers at a limit. */
  readonly tokens?: readonly string[];
  /**
   * Puts right what the reader checks before all else (checksums, lengths of a header), so that mutations reach what
   * lies behind it. It is applied to half of the mutations, and leaves bytes alone that it cannot make sense of.
   */
  readonly repair?: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
  /** The memory that reading may take: `base + perByte * bytes.length` bytes. 64 MiB + 64 times the input if absent. */
  readonly memory?: { readonly base: number; readonly perByte: number };
  /** The milliseconds that reading one (small) input may take; 2,000 if absent. */
  readonly milliseconds?: number;
}

/** The bytes of memory that a target may take for an input of `length` bytes. */
export const memoryLimit = ({ memory }: FuzzTarget, length: number): number => {
  const { base, perByte } = memory ?? { base: 64 * 2 ** 20, perByte: 64 };
  return base + perByte * length;
};

/** The milliseconds that a target may take for one input. */
export const timeLimit = ({ milliseconds }: FuzzTarget): number => milliseconds ?? 2000;
