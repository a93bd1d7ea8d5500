/**
 * @file The kinds of files that the program writes: their extensions, and how an existing file is recognised as one.
 */
import { open } from 'node:fs/promises';

/** A kind of output. */
export type OutputKind =
  | 'field'
  | 'checkpoint'
  | 'state-dict'
  | 'png'
  | 'jpeg'
  | 'webp'
  | 'avif'
  | 'wav'
  | 'glb'
  | 'ply'
  | 'obj'
  | 'html'
  | 'history';

/** The kinds of pictures. */
export const imageKinds: readonly OutputKind[] = ['png', 'jpeg', 'webp', 'avif'];

/** The kinds of meshes. */
export const meshKinds: readonly OutputKind[] = ['glb', 'ply', 'obj'];

interface KindRule {
  /** What messages call a file of the kind. */
  readonly name: string;
  /** Without the dot. */
  readonly extensions: readonly string[];
  /** Whether the first bytes, one character each, are those of the kind. */
  readonly begins: (start: string) => boolean;
  /** Whether the beginning alone shows that a file is ours; otherwise it must contain the mark, too. */
  readonly unmistakable?: boolean;
}

const isSafetensors = (start: string): boolean => start.charAt(8) === '{' && start.startsWith('\0\0', 6);

const RULES: Readonly<Record<OutputKind, KindRule>> = {
  field: { name: 'a field file', extensions: ['safetensors'], begins: isSafetensors },
  checkpoint: { name: 'a checkpoint', extensions: [], begins: isSafetensors },
  'state-dict': {
    name: 'a state dict of PyTorch',
    extensions: ['pth', 'pt'],
    begins: start => start.startsWith('PK\x03\x04'),
  },
  png: { name: 'a PNG image', extensions: ['png'], begins: start => start.startsWith('\x89PNG') },
  jpeg: { name: 'a JPEG image', extensions: ['jpg', 'jpeg'], begins: start => start.startsWith('\xff\xd8\xff') },
  webp: { name: 'a WebP image', extensions: ['webp'], begins: start => start.startsWith('WEBP', 8) },
  avif: { name: 'an AVIF image', extensions: ['avif'], begins: start => start.startsWith('ftyp', 4) },
  wav: { name: 'a WAV sound', extensions: ['wav'], begins: start => start.startsWith('WAVE', 8) },
  glb: { name: 'a GLB mesh', extensions: ['glb'], begins: start => start.startsWith('glTF') },
  ply: { name: 'a PLY mesh', extensions: ['ply'], begins: start => /^ply\r?\n/.test(start) },
  obj: { name: 'an OBJ mesh', extensions: ['obj'], begins: start => start.startsWith('# ') },
  html: { name: 'an HTML page', extensions: ['html', 'htm'], begins: start => /^<!doctype html>/i.test(start) },
  // One line for each report, or each picture, of a fit.
  history: {
    name: 'the history of a fit',
    extensions: [],
    begins: start =>
      /^\{"step":\d+,("seconds":[^,]+,"loss":[^,]+,"learningRate":[^,]+,"terms":\{|"snapshot":")/.test(start),
    unmistakable: true,
  },
};

/** `a PNG image`. */
export const kindName = (kind: OutputKind): string => RULES[kind].name;

/** The extensions of some kinds, without the dot; empty for kinds that allow any. */
export const extensionsOf = (...kinds: readonly OutputKind[]): readonly string[] =>
  kinds.flatMap(kind => RULES[kind].extensions);

/** The expected file names, for a message about another extension. */
export const wantedExtensions = (extensions: readonly string[]): string =>
  `a name that ends in .${extensions.join(', .')}`;

/** The kind, among those given, of an extension (lower case, without the dot); `undefined` if there is none. */
export const kindOfExtension = (extension: string, kinds: readonly OutputKind[]): OutputKind | undefined =>
  kinds.find(kind => RULES[kind].extensions.includes(extension));

/**
 * What every file of ours contains near its beginning or its end: in its metadata, a comment, or the software field.
 */
const MARK = 'neural-fields';
/** The number of bytes near each end that are searched. */
const NEAR_END = 65_536;

/**
 * Whether a file was written by this program, or by the library, as a result of the kind; an empty file is nobody's,
 * and counts as ours.
 */
export const isOwnResult = async (path: string, kind: OutputKind): Promise<boolean> => {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (size === 0) return true;
    const read = async (position: number): Promise<string> => {
      const buffer = Buffer.alloc(Math.min(NEAR_END, size));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      return buffer.toString('latin1', 0, bytesRead);
    };
    const start = await read(0);
    const { begins, unmistakable = false } = RULES[kind];
    return (
      begins(start) &&
      (unmistakable || start.includes(MARK) || (await read(Math.max(0, size - NEAR_END))).includes(MARK))
    );
  } finally {
    await file.close();
  }
};
