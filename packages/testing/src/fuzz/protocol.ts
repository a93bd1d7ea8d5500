/** The kinds of findings. */
export type FindingKind =
  /** The reader threw something other than its typed error, or left a rejected promise unhandled. */
  | 'untyped'
  /** The message of its error is not a single line of printable text, or is very long. */
  | 'message'
  /** It exceeded the time limit of the target. */
  | 'time'
  /** It exceeded the memory limit of the target. */
  | 'memory'
  /** It wrote to standard output or standard error. */
  | 'printed'
  /** It changed a built-in prototype. */
  | 'prototype'
  /** The process ended. */
  | 'crash';

/** A case with a problem, and how to reproduce it. */
export interface Finding {
  readonly reader: string;
  readonly kind: FindingKind;
  /** A description of the problem: one line, or a stack trace. */
  readonly detail: string;
  readonly seed: number;
  readonly index: number;
  /** The mutated input; absent if it could not be reproduced. */
  readonly input?: Uint8Array;
}

/** Cases [from, to) of a reader. */
export interface Range {
  readonly reader: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/** Requests from the parent to the child. */
export type Request =
  | ({ readonly kind: 'run' } & Range)
  | { readonly kind: 'input'; readonly reader: string; readonly seed: number; readonly index: number };

/** Replies from the child. `failed`: the target itself is faulty, for instance because a seed is rejected. */
export type Reply =
  | { readonly kind: 'ready'; readonly readers: readonly string[] }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'done' }
  | { readonly kind: 'input'; readonly input: Uint8Array }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * The position of the child, written before each case to a file that the parent reads: unlike a message this takes
 * microseconds, and it works even if the child never returns from the case.
 */
export interface Position {
  /** Counts the inputs that the child has begun. While it does not change, the child is busy with one input. */
  readonly tick: number;
  readonly index: number;
  /** The memory of the process when the case began, and the allowed increase; in bytes. */
  readonly memory: number;
  readonly memoryLimit: number;
  /** The time limit of the case in milliseconds; 0 while the child is not running a case. */
  readonly timeLimit: number;
  /** Outcomes so far of the requested range. */
  readonly read: number;
  readonly refused: number;
  readonly findings: number;
  /** The peak memory of a case, in bytes. */
  readonly peak: number;
}

const FIELDS = ['tick', 'index', 'memory', 'memoryLimit', 'timeLimit', 'read', 'refused', 'findings', 'peak'] as const;

/** The size of a position in its file, in bytes. */
export const POSITION_BYTES: number = 8 * FIELDS.length;

/** Encodes a position. */
export const packPosition = (position: Position, into: Float64Array): void => {
  for (const [i, field] of FIELDS.entries()) into[i] = position[field];
};

/** Decodes a position. */
export const unpackPosition = (from: Float64Array): Position => {
  const at = (field: (typeof FIELDS)[number]): number => from[FIELDS.indexOf(field)] ?? 0;
  return {
    tick: at('tick'),
    index: at('index'),
    memory: at('memory'),
    memoryLimit: at('memoryLimit'),
    timeLimit: at('timeLimit'),
    read: at('read'),
    refused: at('refused'),
    findings: at('findings'),
    peak: at('peak'),
  };
};
