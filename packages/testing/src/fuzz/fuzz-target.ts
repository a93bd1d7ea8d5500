/** A reader of untrusted bytes, as a target of the fuzzer. */
export interface FuzzTarget {
  /** Its name in `npm run fuzz -- --reader <name>`: `ply`, `png`. */
  readonly name: string;
  /**
   * Small valid inputs that mutations start from; together they should reach every branch of the reader. Every call
   * must return the same inputs.
   */
  readonly seeds: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Reads the bytes like a user's program; may return a promise. */
  readonly read: (bytes: Uint8Array<ArrayBuffer>) => unknown;
  /** Whether an error is the reader's typed error, which is an accepted outcome. */
  readonly isTyped: (error: unknown) => boolean;
  /** Tokens of the format, which mutations insert and exchange: keywords, names of properties, boundary values. */
  readonly tokens?: readonly string[];
  /**
   * Repairs what the reader checks first (checksums, lengths in a header), so that mutations reach the code behind it.
   * It is applied to half of the mutations, and returns bytes unchanged if it cannot parse them.
   */
  readonly repair?: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;
  /** The memory limit of reading: `base + perByte * bytes.length` bytes. 64 MiB + 64 times the input if absent. */
  readonly memory?: { readonly base: number; readonly perByte: number };
  /** The time limit for reading one (small) input, in milliseconds; 2,000 if absent. */
  readonly milliseconds?: number;
}

/** The memory limit of a target for an input of `length` bytes, in bytes. */
export const memoryLimit = ({ memory }: FuzzTarget, length: number): number => {
  const { base, perByte } = memory ?? { base: 64 * 2 ** 20, perByte: 64 };
  return base + perByte * length;
};

/** The time limit of a target for one input, in milliseconds. */
export const timeLimit = ({ milliseconds }: FuzzTarget): number => milliseconds ?? 2000;
