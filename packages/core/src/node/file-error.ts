/** Why a file could not be read or written. */
export type FileProblem = 'no-space' | 'no-permission' | 'not-found' | 'not-a-file' | 'too-large' | 'other';

/** The failed operation on a file, and why it failed. */
export interface FileRefusal extends ErrorOptions {
  readonly tried: 'read' | 'write';
  /** E.g. `there is no such file or folder`. */
  readonly reason: string;
  /** The system's error code, or the caller's option that sets a limit. */
  readonly note?: string | undefined;
}

/** Thrown when the file system refuses. The system's error is the `cause`. */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly problem: FileProblem;
  readonly path: string;
  readonly tried: FileRefusal['tried'];
  /** What is wrong, without the path and the system's error code. */
  readonly reason: string;
  /** The system's error code, or the caller's option that sets a limit. */
  readonly note: string | undefined;

  constructor(problem: FileProblem, path: string, { tried, reason, note, ...options }: FileRefusal) {
    super(`cannot ${tried} '${path}': ${reason}${note === undefined ? '' : ` (${note})`}`, options);
    this.problem = problem;
    this.path = path;
    this.tried = tried;
    this.reason = reason;
    this.note = note;
  }
}

/** Error codes of the operating system (errno(3)) with causes that the user can fix. */
const known: Readonly<Record<string, readonly [FileProblem, string]>> = {
  ENOSPC: ['no-space', 'there is no space left on the disk'],
  EDQUOT: ['no-space', 'the disk quota is used up'],
  EFBIG: ['no-space', 'the file would be larger than the system allows'],
  EACCES: ['no-permission', 'permission is denied'],
  EPERM: ['no-permission', 'permission is denied'],
  EROFS: ['no-permission', 'the file system is read-only'],
  ENOENT: ['not-found', 'there is no such file or folder'],
  ENOTDIR: ['not-found', 'a part of the path is not a folder'],
  EISDIR: ['not-a-file', 'it is a folder'],
  EEXIST: ['other', 'a file or folder of this name already exists'],
  ENAMETOOLONG: ['other', 'the name is longer than the system allows'],
  ELOOP: ['other', 'its links form a loop'],
};

/**
 * The reason of a system error in words, e.g. `there is no space left on the disk`; the error's own message for unknown
 * codes.
 */
export const systemErrorReason = (error: unknown): string =>
  known[errorCode(error) ?? '']?.[1] ?? (error instanceof Error ? error.message : String(error));

/** The code of a system error, e.g. `ENOENT`. */
export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/**
 * Wraps a system error into one that gives the operation, the path and the reason.
 *
 * @param tried e.g. `write`
 */
export const describeFileError = (tried: FileRefusal['tried'], path: string, cause: unknown): FileError => {
  if (cause instanceof FileError) return cause;
  const code = errorCode(cause) ?? '';
  const note = Object.hasOwn(known, code) ? code : undefined;
  return new FileError(known[code]?.[0] ?? 'other', path, { tried, reason: systemErrorReason(cause), note, cause });
};
