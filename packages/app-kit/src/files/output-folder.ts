/**
 * @file A folder of results: created if it is missing, locked while it is written, and never one in which the user
 * keeps other files.
 */
import { mkdir, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorReason, writeFileAtomically } from '@neural-fields/core/node';
import { InputError } from '../errors.ts';
import { lockOutput } from './output-lock.ts';
import { assertWritable } from './output-path.ts';

/** Marks a folder that holds results of this program. */
const MARK = '.neural-fields-results';

const MARK_TEXT = new TextEncoder().encode('Results of neural-fields. This file lets the program replace them.\n');

/** The options of {@link withOutputFolder}. */
export interface OutputFolderOptions {
  /** The option that names the folder, e.g. `--out`. */
  readonly option: string;
  /** Write into a folder even if it holds other files; those with the names of results are replaced. */
  readonly force?: boolean | undefined;
}

/** Whether a file is a leftover of the operating system, our own locks or killed runs. */
const isNothing = (name: string): boolean =>
  /^(\.DS_Store|Thumbs\.db|desktop\.ini|\.neural-fields-[0-9a-f]+[-.].*)$/.test(name);

/**
 * Creates a folder for results, and locks it while they are made.
 *
 * @throws InputError when it cannot be created or written, holds files that are not this program's, or is being written
 *   by another run
 */
export const withOutputFolder = async <T>(
  folder: string,
  { option, force = false }: OutputFolderOptions,
  work: () => Promise<T>,
): Promise<T> => {
  await mkdir(folder, { recursive: true }).catch(cause => {
    const problem = systemErrorReason(cause);
    throw new InputError({ what: `cannot make the folder '${folder}' of ${option}`, problem }, { cause });
  });
  const mark = join(folder, MARK);
  await assertWritable(mark);
  const names = await readdir(folder);
  if (!names.includes(MARK) && !force && !names.every(isNothing))
    throw new InputError({
      what: `${option} '${folder}'`,
      problem: 'the folder has files that this program did not write',
      hint: 'name a new folder, or overwrite files with the names of results with --force',
    });
  const lock = lockOutput(join(await realpath(folder), 'results'));
  try {
    if (!names.includes(MARK)) await writeFileAtomically(mark, MARK_TEXT);
    return await work();
  } finally {
    lock.release();
  }
};
