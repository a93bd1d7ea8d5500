/**
 * Writes files like torch.save, and others that it would not write: uncompressed zip files around pickles made of
 * instructions.
 */

const encoder = new TextEncoder();
const u32 = (value: number): number[] => [
  value & 0xff,
  (value >> 8) & 0xff,
  (value >> 16) & 0xff,
  (value >>> 24) & 0xff,
];

const u64 = (value: number): number[] => [...u32(value), 0, 0, 0, 0];
const WORD = [0xff, 0xff, 0xff, 0xff];

/** The instructions of a pickle: CPython, Lib/pickletools.py. */
export const opcodes = {
  mark: [0x28],
  stop: [0x2e],
  emptyDict: [0x7d],
  emptyList: [0x5d],
  emptyTuple: [0x29],
  tuple: [0x74],
  setItem: [0x73],
  reduce: [0x52],
  object: [0x81],
  persistent: [0x51],
  put: (index: number): number[] => [0x71, index],
  get: (index: number): number[] => [0x68, index],
  int: (value: number): number[] => [0x4a, ...u32(value)],
  text: (value: string): number[] => {
    const bytes = encoder.encode(value);
    return [0x58, ...u32(bytes.length), ...bytes];
  },
  global: (module: string, name: string): number[] => [0x63, ...encoder.encode(`${module}\n${name}\n`)],
} as const;

/** Faults of a zip file. */
export interface ZipFaults {
  /** The method of compression in the directory. */
  readonly method?: number;
  /** The error of the second member's offset. */
  readonly shift?: number;
  /** The number of members that the end record claims. */
  readonly members?: number;
  /** Writes all sizes and offsets as 64-bit fields, as in archives beyond 4 GiB. */
  readonly zip64?: boolean;
}

/** A zip with members that are not compressed, without checksums. */
export const storedZip = (
  members: Readonly<Record<string, Uint8Array>>,
  { method = 0, shift = 0, members: claimed, zip64 = false }: ZipFaults = {},
): Uint8Array<ArrayBuffer> => {
  const file: number[] = [];
  const directory: number[] = [];
  const entries = Object.entries(members);
  for (const [index, [name, data]] of entries.entries()) {
    const label = [...encoder.encode(name)];
    const sizes = [...u32(0), ...u32(data.length), ...u32(data.length), label.length, 0];
    const place = Math.max(0, file.length + (index === 1 ? shift : 0));
    file.push(0x50, 0x4b, 3, 4, 0, 0, 0, 0, method, 0, 0, 0, 0, 0, ...sizes, 0, 0, ...label);
    for (const byte of data) file.push(byte);
    directory.push(0x50, 0x4b, 1, 2, 0, 0, 0, 0, 0, 0, method, 0, 0, 0, 0, 0);
    if (zip64) {
      const extra = [1, 0, 24, 0, ...u64(data.length), ...u64(data.length), ...u64(place)];
      directory.push(
        ...u32(0),
        ...WORD,
        ...WORD,
        label.length,
        0,
        extra.length,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        ...WORD,
        ...label,
        ...extra,
      );
    } else directory.push(...sizes, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...u32(place), ...label);
  }
  const count = claimed ?? entries.length;
  const total = [count & 0xff, count >> 8];
  if (zip64) {
    const [start, length] = [file.length, directory.length];
    const record = [
      0x50,
      0x4b,
      6,
      6,
      ...u64(44),
      45,
      0,
      45,
      0,
      ...u64(0),
      ...u64(count),
      ...u64(count),
      ...u64(length),
      ...u64(start),
    ];
    const locator = [0x50, 0x4b, 6, 7, ...u32(0), ...u64(start + length), ...u32(1)];
    const end = [0x50, 0x4b, 5, 6, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, ...WORD, ...WORD, 0, 0];
    return Uint8Array.from([...file, ...directory, ...record, ...locator, ...end]);
  }
  const end = [0x50, 0x4b, 5, 6, 0, 0, 0, 0, ...total, ...total, ...u32(directory.length), ...u32(file.length), 0, 0];
  return Uint8Array.from([...file, ...directory, ...end]);
};

/** A file of torch.save with a pickle and storages by their keys. */
export const torchZip = (
  pickle: ArrayLike<number>,
  storages: Readonly<Record<string, Uint8Array>>,
  faults: ZipFaults = {},
): Uint8Array<ArrayBuffer> =>
  storedZip(
    {
      'archive/data.pkl': Uint8Array.from(pickle),
      ...Object.fromEntries(Object.entries(storages).map(([key, data]) => [`archive/data/${key}`, data])),
    },
    faults,
  );
