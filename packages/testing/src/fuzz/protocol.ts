/** What can be wrong with a reader. */
export type FindingKind =
  /** It threw something that is not its typed error, or left a promise to fail by itself. */
  | 'untyped'
  /** The message of its error is no single line of printable text, or is very long. */
  | 'message'
  /** It took longer than the target allows. */
  | 'time'
  /** It took more memory than the target allows. */
  | 'memory'
  /** It wrote to the standard output or error. */
  | 'printed'
  /** It changed a prototype that all objects share. */
  | 'prototype'
  /** The process ended. */
  | 'crash';

/** One case that a reader did not survive, and how to make it again. */
export interface Finding {
  readonly reader: string;
  readonly kind: FindingKind;
  /** What happened, in a line or with a stack. */
  readonly detail: string;
  readonly seed: number;
  readonly index: number;
  /** The mutated input; absent where it could not be made again. */
  readonly input?: Uint8Array;
}

/** Cases [from, to) of a reader. */
export interface Range {
  readonly reader: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/** What the parent asks of the child. */
export type Request =
  | ({ readonly kind: 'run' } & Range)
  | { readonly kind: 'input'; readonly reader: string; readonly seed: number; readonly index: number };

/** What the child answers. `failed`: the target itself is at fault, for instance a seed that is refused. */
export type Reply =
  | { readonly kind: 'ready'; readonly readers: readonly string[] }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'done' }
  | { readonly kind: 'input'; readonly input: Uint8Array }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * Where the child is, written before each case to a file that the parent reads: unlike a message it costs microseconds,
 * and it is there even if the child never returns from the case.
 */
export interface Position {
  /** Counts everything that the child has begun. While it stays the same, the child is busy with one input. */
  readonly tick: number;
  readonly index: number;
  /** The process's memory when the case began, and how much more it may become; in bytes. */
  readonly memory: number;
  readonly memoryLimit: number;
  /** The milliseconds that the case may take; 0 while the child is not at a case. */
  readonly timeLimit: number;
  /** Outcomes so far of the range that the child was asked to run. */
  readonly read: number;
  readonly refused: number;
  readonly findings: number;
  /** The most memory that a case took, in bytes. */
  readonly peak: number;
}

const FIELDS = ['tick', 'index', 'memory', 'memoryLimit', 'timeLimit', 'read', 'refused', 'findings', 'peak'] as const;

/** The size of a position in its file. */
export const POSITION_BYTES: number = 8 * FIELDS.length;

/** Writes a position into the bytes for its file. */
export const packPosition = (position: Position, into: Float64Array): void => {
  for (const [i, field] of FIELDS.entries()) into[i] = position[field];
};

/** Reads a position from its file's bytes. */
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
