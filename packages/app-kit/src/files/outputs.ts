/**
 * @file The files that a command writes, checked before any work: never one that it reads, never two outputs in one
 *   file, never one of the user's own unless requested, never one that another run is writing.
 */
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { systemErrorReason } from '@neural-fields/core/node';
import { InputError, UsageError } from '../errors.ts';
import type { Output } from '../output/output.ts';
import {
  extensionsOf,
  isOwnResult,
  kindName,
  kindOfExtension,
  type OutputKind,
  wantedExtensions,
} from './output-kinds.ts';
import { lockOutput, type OutputLock } from './output-lock.ts';
import { assertWritable, extensionOf } from './output-path.ts';

/** One file that a command writes. */
export interface OutputFile {
  /** The option that names it, e.g. `--output`. */
  readonly option: string;
  readonly path: string;
  /** The kinds that it may be, which its extension determines. A single kind without extensions allows any name. */
  readonly kinds: readonly OutputKind[];
}

/** The files that a command reads and writes. */
export interface OutputsOptions {
  /** The files that it reads. */
  readonly inputs: readonly string[];
  readonly outputs: readonly OutputFile[];
  /** Replace files that this program did not write. */
  readonly force?: boolean | undefined;
}

/** A file, with links followed. */
interface Place {
  /** How messages refer to it. */
  readonly name: string;
  readonly target: string;
  /** The device and the inode; `undefined` if the file does not exist yet. */
  readonly identity: string | undefined;
}

const locate = async (name: string, path: string): Promise<Place> => {
  const target = await realpath(path).catch(async () =>
    join(await realpath(dirname(path)).catch(() => resolve(dirname(path))), basename(path)),
  );
  const status = await stat(target, { bigint: true }).catch(() => undefined);
  return { name, target, identity: status && `${status.dev}:${status.ino}` };
};

const isSame = (a: Place, b: Place): boolean =>
  a.target === b.target || (a.identity !== undefined && a.identity === b.identity);

const kindOf = ({ option, path, kinds }: OutputFile): OutputKind => {
  const extensions = extensionsOf(...kinds);
  const kind = extensions.length === 0 ? kinds[0] : kindOfExtension(extensionOf(path), kinds);
  if (kind === undefined)
    throw new UsageError({ what: option, wanted: wantedExtensions(extensions), got: `'${path}'` });
  return kind;
};

/** Refuses to write a file that is read, and to write two outputs to one file. */
const assertApart = async ({ inputs, outputs }: OutputsOptions): Promise<readonly Place[]> => {
  const read = await Promise.all(inputs.map(path => locate(`the input '${path}'`, path)));
  const written = await Promise.all(outputs.map(({ option, path }) => locate(`${option} '${path}'`, path)));
  for (const [i, place] of written.entries()) {
    const input = read.find(other => isSame(place, other));
    if (input)
      throw new UsageError({
        what: place.name,
        problem: `it is the same file as ${input.name}, which it would overwrite`,
      });
    const other = written.slice(0, i).find(before => isSame(before, place));
    if (other) throw new UsageError({ what: place.name, problem: `it is the same file as ${other.name}` });
  }
  return written;
};

/** Refuses to replace a file that this program did not write, and reports if it will replace one of its own. */
const assertReplaceable = async (
  { option, path }: OutputFile,
  kind: OutputKind,
  force: boolean,
  output: Output,
): Promise<void> => {
  // A checkpoint is inspected when it is opened.
  if (kind === 'checkpoint' || (await stat(path).catch(() => undefined)) === undefined) return;
  const own = await isOwnResult(path, kind).catch(cause => {
    const what = `cannot read '${path}', which ${option} would overwrite`;
    throw new InputError({ what, problem: systemErrorReason(cause) }, { cause });
  });
  if (!own && !force)
    throw new InputError({
      what: `${option} '${path}'`,
      problem: `the file exists and is not ${kindName(kind)} that this program wrote`,
      hint: 'overwrite it with --force, or name another file',
    });
  // Whether a history is continued or replaced is known when the checkpoint is opened.
  if (own && kind === 'history') return;
  output.log(`overwrites '${path}'${own ? '' : ', which this program did not write (--force)'}`);
};

/**
 * Checks the files that a command will write, and locks them while it works.
 *
 * @throws UsageError when an extension does not suit, or a file is named twice; InputError when a file cannot be
 *   written, is the user's own, or is being written by another run
 */
export const withOutputs = async <T>(options: OutputsOptions, output: Output, work: () => Promise<T>): Promise<T> => {
  const { outputs, force = false } = options;
  for (const { path } of outputs) await assertWritable(path);
  const kinds = outputs.map(kindOf);
  const places = await assertApart(options);
  for (const [i, file] of outputs.entries()) await assertReplaceable(file, kinds[i] as OutputKind, force, output);
  const locks: OutputLock[] = [];
  try {
    for (const { target } of places) locks.push(lockOutput(target));
    return await work();
  } finally {
    for (const lock of locks) lock.release();
  }
};
