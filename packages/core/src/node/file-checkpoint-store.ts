import { readFile } from 'node:fs/promises';
import type { CheckpointStore } from '../fit/checkpoint.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { describeFileError, errorCode } from './file-error.ts';

/**
 * Stores a run's checkpoint in one file, which is written atomically: see {@link writeFileAtomically}.
 *
 * @param path the file; its folder must exist when the first checkpoint is written
 */
export const fileCheckpointStore = (path: string): CheckpointStore => ({
  read: () =>
    readFile(path).then(
      // A copy: small Buffers share one pool.
      bytes => new Uint8Array(bytes),
      cause => {
        if (errorCode(cause) === 'ENOENT') return undefined;
        throw describeFileError('read', path, cause);
      },
    ),
  write: bytes => writeFileAtomically(path, bytes),
});
