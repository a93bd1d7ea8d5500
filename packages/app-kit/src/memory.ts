/**
 * @file Estimates the memory that work will take, before it starts: systems kill a process that exceeds the available
 * memory without a message.
 */
import { freemem } from 'node:os';
import { InputError } from './errors.ts';
import { formatBytes } from './output/format.ts';

/**
 * Bytes that the process may still allocate: within what the machine has free and what its control group (a container's
 * limit) leaves.
 */
export const availableMemory = (): number => Math.min(process.availableMemory(), freemem());

/** Work that takes memory. */
export interface MemoryEstimate {
  /** What takes the memory, e.g. `a network of 12,000,000 parameters`. */
  readonly what: string;
  readonly bytes: number;
  /** A hint on what would fit into this many bytes; `undefined` if nothing would. */
  readonly fits: (bytes: number) => string | undefined;
}

/** @throws InputError when the work needs more memory than is available, with a hint on what would fit */
export const assertMemory = ({ what, bytes, fits }: MemoryEstimate, available: number = availableMemory()): void => {
  if (bytes <= available) return;
  throw new InputError({
    what: 'not enough memory',
    problem: `${what} needs about ${formatBytes(bytes)} of memory, and ${formatBytes(available)} are available`,
    hint: fits(available),
  });
};
