import { describeFileError } from '@neural-fields/core/node';

/**
 * The error of a file operation as one that names the path and the reason. Errors that are no system errors are
 * returned as they are.
 */
export const toFileError = (tried: 'read' | 'write', path: string, cause: unknown): unknown =>
  cause instanceof Error && 'syscall' in cause ? describeFileError(tried, path, cause) : cause;
