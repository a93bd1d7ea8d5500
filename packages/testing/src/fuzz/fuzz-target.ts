/** A reader of untrusted bytes, as the fuzzer sees it. */
export interface FuzzTarget {
  /** What `npm run fuzz -- --reader <name>` calls it: `ply`, `png`. */
  readonly name: string;
  /** Small valid inputs that mutations start from; together they should reach every branch of the reader. */
  readonly seeds: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Reads the bytes as a user's program would; may return a promise. */
  readonly read: (bytes: Uint8Array<ArrayBuffer>) => unknown;
  /** Whether an error is the reader's own typed one, which is as good an outcome as success. */
  readonly isTyped: (error: unknown) => boolean;
  /** Words of the format, which mutations insert and exchange: keywords, names of properties, numbers at a limit. */
  readonly tokens?: readonly string[];
  /** The memory that reading may take: `base + perByte * bytes.length` bytes. 64 MiB + 64 times the input if absent. */
  readonly memory?: { readonly base: number; readonly perByte: number };
  /** The milliseconds that reading one (small) input may take; 2,000 if absent. */
  readonly milliseconds?: number;
}
