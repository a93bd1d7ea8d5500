/** @file Identifies the kind of a file by its first bytes, so that an error can say what was given. */

interface Signature {
  readonly name: string;
  readonly bytes: readonly number[];
  readonly at?: number;
}

const ascii = (text: string): number[] => [...text].map(character => character.charCodeAt(0));

/** Signatures from the formats' own documents; the first match wins. */
const signatures: readonly Signature[] = [
  { name: 'a PNG file', bytes: [0x89, ...ascii('PNG\r\n'), 0x1a, 0x0a] },
  { name: 'a JPEG file', bytes: [0xff, 0xd8, 0xff] },
  { name: 'a GIF file', bytes: ascii('GIF8') },
  { name: 'a PDF file', bytes: ascii('%PDF-') },
  { name: 'a WAV file', bytes: ascii('WAVE'), at: 8 },
  { name: 'a WebP file', bytes: ascii('WEBP'), at: 8 },
  {
    name: 'a zip file (torch.save writes one, .pt or .pth: importPytorch of @neural-fields/core/pytorch reads its state dict)',
    bytes: [...ascii('PK'), 3, 4],
  },
  { name: 'a gzip file', bytes: [0x1f, 0x8b] },
  { name: 'an HDF5 file', bytes: [0x89, ...ascii('HDF\r\n'), 0x1a, 0x0a] },
  { name: 'a NumPy file', bytes: [0x93, ...ascii('NUMPY')] },
  { name: 'a GGUF file', bytes: ascii('GGUF') },
  { name: 'a binary glTF file', bytes: ascii('glTF') },
  { name: 'a WebAssembly file', bytes: [0, ...ascii('asm')] },
  { name: 'a Git LFS pointer (the file itself was not fetched)', bytes: ascii('version https://git-lfs') },
];

const startsWith = (bytes: Uint8Array, { bytes: wanted, at = 0 }: Signature): boolean =>
  bytes.length >= at + wanted.length && wanted.every((byte, i) => bytes[at + i] === byte);

/** The PROTO opcode with protocol 2 to 5, and any other opcode, none of which is 0: PEP 307, PEP 574. */
const isPickle = ([proto, protocol = 0, opcode = 0]: Uint8Array): boolean =>
  proto === 0x80 && protocol >= 2 && protocol <= 5 && opcode !== 0;

/** The number of bytes to examine for detecting text. */
const TEXT_SAMPLE = 512;

const describeText = (bytes: Uint8Array): string | undefined => {
  const sample = bytes.subarray(0, TEXT_SAMPLE);
  const isText =
    sample.length > 0 && sample.every(byte => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
  if (!isText) return undefined;
  let text: string;
  try {
    // `stream`: the sample may end within a character.
    text = new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: true }).trimStart();
  } catch {
    return undefined;
  }
  if (/^<(!doctype html|html)/i.test(text)) return 'an HTML page (perhaps an error page of a server)';
  return text.startsWith('{') || text.startsWith('[') ? 'a JSON file' : 'a text file';
};

/**
 * The kind of file that the bytes look like, e.g. `a PNG file`, or `undefined` when it is unknown.
 *
 * @param bytes a file, or its first bytes
 */
export const describeForeignFile = (bytes: Uint8Array): string | undefined => {
  if (isPickle(bytes))
    return 'a Python pickle (of an old torch.save, perhaps: save it again with torch.save(model.state_dict(), path) of a newer one)';
  return signatures.find(signature => startsWith(bytes, signature))?.name ?? describeText(bytes);
};
