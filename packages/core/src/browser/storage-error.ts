/** Why a page's storage could not be read or written. */
export type StorageProblem =
  /** The browser has no such storage, or denies it to this page, as in some private windows. */
  | 'unavailable'
  /** The quota of the page's origin is used up. */
  | 'no-space'
  /** Another page or worker is writing the same checkpoint. */
  | 'in-use'
  | 'other';

const problems: Readonly<Record<string, readonly [StorageProblem, string]>> = {
  QuotaExceededError: ['no-space', 'the storage quota of this origin is used up'],
  NoModificationAllowedError: ['in-use', 'another page or worker is writing it'],
  SecurityError: ['unavailable', 'the browser denies storage to this page'],
  InvalidStateError: ['unavailable', 'the browser denies storage to this page'],
  TypeMismatchError: ['other', 'a folder has this name'],
};

/** Thrown when an operation on a page's storage fails. The browser's error is the `cause`. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly problem: StorageProblem;

  /** @param what the failed operation, e.g. `cannot read the checkpoint 'photo'` */
  constructor(problem: StorageProblem, what: string, reason: string, options?: ErrorOptions) {
    super(`${what}: ${reason}`, options);
    this.problem = problem;
  }
}

/** Wraps a browser's error into one with the operation and the reason. */
export const storageError = (what: string, cause: unknown): StorageError => {
  if (cause instanceof StorageError) return cause;
  const name = cause instanceof Error ? cause.name : '';
  const [problem, reason] = problems[name] ?? ['other', cause instanceof Error ? cause.message : String(cause)];
  return new StorageError(problem, what, reason, { cause });
};
