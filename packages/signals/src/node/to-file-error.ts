import { describeFileError } from '@neural-fields/core/node';

/**
 * Converts a system error of a file operation to one that contains the path and the reason. Other errors are returned
 * unchanged.
 */
export const toFileError = (tried: 'read' | 'write', path: string, cause: unknown): unknown =>
  cause instanceof Error && 'syscall' in cause ? describeFileError(tried, path, cause) : cause;
