import { FileError, type FileProblem } from '@neural-fields/core/node';

/** The codes of errno(3) that a user can do something about. */
const REASONS: Readonly<Record<string, readonly [FileProblem, string]>> = {
  ENOENT: ['not-found', 'there is no such file or folder'],
  ENOTDIR: ['not-found', 'a part of the path is not a folder'],
  EISDIR: ['not-a-file', 'it is a folder'],
  EACCES: ['no-permission', 'permission is denied'],
  EPERM: ['no-permission', 'permission is denied'],
  EROFS: ['no-permission', 'the file system can only be read'],
  ENOSPC: ['no-space', 'there is no space left on the disk'],
  EDQUOT: ['no-space', 'the disk quota is used up'],
  EFBIG: ['no-space', 'the file would be larger than the system allows'],
};

/** The error of a file operation as one that names the path and the reason. Errors that are no system errors are returned as they are. */
export const toFileError = (tried: 'read' | 'write', path: string, cause: unknown): unknown => {
  if (!(cause instanceof Error && 'code' in cause && typeof cause.code === 'string' && 'syscall' in cause)) return cause;
  const [problem, reason] = REASONS[cause.code] ?? ['other', cause.message];
  return new FileError(problem, path, `cannot ${tried} '${path}': ${reason} (${cause.code})`, { cause });
};
