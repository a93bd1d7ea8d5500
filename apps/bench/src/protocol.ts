/**
 * @file What the program and its peers say to each other. A peer is a process that can take training steps; it reads one JSON object a line from its
 * standard input and answers each with one on its standard output. Arrays travel in files of little-endian numbers. The first line comes from
 * the peer and describes it: a {@link Description}, or {@link Unavailable}.
 */

/** What the loss compares with its target: the field's value, its gradient or its Laplacian. */
export const supervisions = ['value', 'gradient', 'laplacian'] as const;

/** One of {@link supervisions}. */
export type Supervision = (typeof supervisions)[number];

/** What is fitted: a SIREN 2-w-w-w-w-1, and points with their targets, in files. */
export interface Problem {
  readonly supervision: Supervision;
  /** w */
  readonly width: number;
  /** omega0 of every sine layer. */
  readonly omega: number;
  readonly learningRate: number;
  /** The first of those in the files. */
  readonly points: number;
  /** f32: for each layer the weight `[in, out]`, then the bias `[out]`. */
  readonly parametersFile: string;
  /** f32[n, 2] */
  readonly coordsFile: string;
  /** f32[n, 1], or f32[n, 2] for the gradient. */
  readonly targetsFile: string;
}

/** What a peer is. */
export interface Description {
  /** The programs that compute, with their versions. */
  readonly versions: Readonly<Record<string, string>>;
  readonly threads: number;
  /** For `simd`: whether a step works the forward pass out again before the reverse. */
  readonly forwardPasses?: number;
}

/** Why a peer cannot take steps on this machine. */
export interface Unavailable {
  readonly unavailable: string;
}

/** Take three steps of Adam from the initial parameters, beside what is prepared, which stays. */
export interface CheckRequest {
  readonly work: 'check';
  readonly problem: Problem;
  /** Where to write the gradient at the initial parameters, f32[P]. */
  readonly gradientFile: string;
  /** The `way` that the peer chose when it was prepared: what will be timed is what is checked. */
  readonly way?: string;
}

/** The answer to a {@link CheckRequest}. */
export interface CheckAnswer {
  /** The losses before each of the three updates. */
  readonly losses: readonly number[];
  /** The quickest of the last two steps. */
  readonly seconds: number;
}

/** Get ready for steps from the initial parameters: read the points, choose the way that is quickest, compile. */
export interface PrepareRequest {
  readonly work: 'prepare';
  readonly problem: Problem;
  /** How many bytes the points that are worked on at once may take; peers that cut points themselves need not look. */
  readonly memory: number;
  /** The `way` that the peer chose for the same problem with fewer points. */
  readonly way?: string;
}

/** The answer to a {@link PrepareRequest}. */
export interface PrepareAnswer {
  /** How derivatives are taken, where there is a choice. */
  readonly way?: string;
  /** How many points are worked on at once, where the peer was free to choose. */
  readonly chunk?: number;
}

/** Take whole training steps, one after the other: forward, loss, reverse, Adam. */
export interface StepsRequest {
  readonly work: 'steps';
  readonly count: number;
}

/** The answer to a {@link StepsRequest}. */
export interface StepsAnswer {
  /** For all steps together. */
  readonly seconds: number;
  /** The loss before the first of these updates. */
  readonly loss: number;
  /** The most memory that the process held since it was prepared, in bytes. */
  readonly peakMemory: number;
}

/** Anything that a peer is asked for. */
export type Request = CheckRequest | PrepareRequest | StepsRequest;

/** The answer when a request failed; the peer goes on. */
export interface Failure {
  readonly error: string;
}
