/** @file A file that goes to stdout: it is first made in a temporary folder, so that memory does not grow with it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { writeFileToStdout } from '../output/streams.ts';

/**
 * Makes a file, and writes it to stdout once it is complete.
 *
 * @param name the file's name, whose extension determines its format
 * @param make a function that writes the file at a path
 * @throws UsageError when stdout is a terminal, InterruptedError when stdout is lost
 */
export const withStdoutFile = async (name: string, make: (path: string) => Promise<void>): Promise<void> => {
  if (process.stdout.isTTY)
    throw new UsageError({
      what: '--output -',
      problem: 'the bytes of the file would go to a terminal',
      hint: 'pipe them into a program or a file, or name a file',
    });
  const folder = await mkdtemp(join(tmpdir(), 'neural-fields-'));
  try {
    const path = join(folder, name);
    await make(path);
    await writeFileToStdout(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
