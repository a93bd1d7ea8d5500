/**
 * @file The protocol between the program and its peers. A peer is a process that takes training steps; it reads one
 *   JSON object per line from its standard input and answers each with one on its standard output. Arrays are passed in
 *   files of little-endian float32 values. The first line comes from the peer and describes it: a {@link Description},
 *   or {@link Unavailable}.
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

/**
 * What is fitted by `bench fields`: many SIRENs 2-w-...-w-3 on the same points, each with its own targets, in files.
 */
export interface FieldsProblem {
  /** b */
  readonly fields: number;
  /** w */
  readonly width: number;
  /** The number of sine layers. */
  readonly layers: number;
  /** omega0 of every sine layer. */
  readonly omega: number;
  readonly learningRate: number;
  /** n */
  readonly points: number;
  /** f32[b, P]: for each layer the weight `[in, out]`, then the bias `[out]`. */
  readonly parametersFile: string;
  /** f32[n, 2] */
  readonly coordsFile: string;
  /** f32[b, n, 3] */
  readonly targetsFile: string;
}

/** A peer and what it runs on. */
export interface Description {
  /** The programs that compute, with their versions. */
  readonly versions: Readonly<Record<string, string>>;
  readonly threads: number;
  /** Where steps run, if not on the processor. */
  readonly device?: DeviceDescription;
  /**
   * The precision of matrix products, where it is lower than float32. Such a peer is checked against the reference with
   * a wider tolerance.
   */
  readonly precision?: 'TF32';
}

/** A device that takes steps while the host continues. */
export interface DeviceDescription {
  /** Its API. With `webgpu` the work of the host is counted. */
  readonly kind: 'webgpu' | 'cuda';
  readonly name: string;
  /** Whether the processor only emulates it: times are then not those of a graphics card. */
  readonly software: boolean;
}

/** Why a peer cannot take steps on this machine. */
export interface Unavailable {
  readonly unavailable: string;
}

/** Take three steps of Adam from the initial parameters. The prepared problem is kept. */
export interface CheckRequest<P = Problem> {
  readonly work: 'check';
  readonly problem: P;
  /** Where to write the gradient at the initial parameters, f32[P], or f32[b, P] of many fields. */
  readonly gradientFile: string;
  /** The `way` that the peer chose when it was prepared, so that what is checked is what is timed. */
  readonly way?: string;
}

/** The answer to a {@link CheckRequest}. */
export interface CheckAnswer {
  /** The losses before each of the three updates; for many fields, their sums. */
  readonly losses: readonly number[];
  /** The time of the faster of the last two steps. */
  readonly seconds: number;
}

/** Prepare steps from the initial parameters: read the points, choose the fastest way, compile. */
export interface PrepareRequest<P = Problem> {
  readonly work: 'prepare';
  readonly problem: P;
  /** Bytes that a chunk of points may take; peers that choose chunks themselves ignore it. */
  readonly memory: number;
  /** The `way` that the peer chose for the same problem with fewer points. */
  readonly way?: string;
  /** After this many seconds nothing else is tried, and the best choice so far is used; no limit if absent. */
  readonly trialSeconds?: number;
}

/** The answer to a {@link PrepareRequest}. */
export interface PrepareAnswer {
  /** How derivatives are computed, where there is a choice. */
  readonly way?: string;
  /** The number of points, or fields, in a chunk, where the peer chose it. */
  readonly chunk?: number;
  /** The number of threads, where the peer chose it. */
  readonly threads?: number;
  /** The number of steps that must be timed together, where one alone would not be representative. */
  readonly minSteps?: number;
  /**
   * The number of matrix products in a step, for each layer and point: each is of one row with the layer's weight.
   * Absent where the peer does not know it.
   */
  readonly products?: number;
}

/** Take whole training steps, one after the other: forward pass, loss, backward pass, Adam. */
export interface StepsRequest {
  readonly work: 'steps';
  readonly count: number;
}

/** The answer to a {@link StepsRequest}. */
export interface StepsAnswer {
  /** The time of all steps together, until the last one is done, not only submitted. */
  readonly seconds: number;
  /** The part of that time in this project's kernels; for peers that know it. */
  readonly kernelSeconds?: number;
  /**
   * The loss, or the sum of the losses of many fields, before one of these updates: the first one, or on WebGPU, where
   * nothing is read until the last step, the last one.
   */
  readonly loss: number;
  /** The peak memory of the process since it was prepared, in bytes. */
  readonly peakMemory: number;
  /** The peak of the device's memory in use since then, in bytes; for peers that have a device. */
  readonly deviceMemory?: number;
}

/**
 * Count the work of the host per step, over `steps` steps of which nothing is read. Only for peers on WebGPU.
 */
export interface DemandsRequest {
  readonly work: 'demands';
  /** At least 1. */
  readonly steps: number;
}

/** The work of the host in a step: the answer to a {@link DemandsRequest}. */
export interface StepDemands {
  /** The median time from one update to the next, without the time that the host waited for the device, in seconds. */
  readonly hostSeconds: number;
  readonly dispatches: number;
  readonly submissions: number;
  readonly readBacks: number;
  /** Bytes of the buffers that the fused kernels keep besides tensors; absent where there are no such kernels. */
  readonly kernelBytes?: number;
}

/** Measure the highest rate of a device in products of large matrices. Only for peers that have one. */
export interface RateRequest {
  readonly work: 'rate';
}

/** The answer to a {@link RateRequest}. */
export interface RateAnswer {
  /** In GFLOP/s; a multiply-add counts as two operations. */
  readonly rate: number;
}

/** Any request. */
export type Request<P = Problem> = CheckRequest<P> | PrepareRequest<P> | StepsRequest | DemandsRequest | RateRequest;

/** The answer when a request failed; the peer continues. */
export interface Failure {
  readonly error: string;
}
