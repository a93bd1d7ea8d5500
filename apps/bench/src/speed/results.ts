/** @file The results of a run: the contents of results.json. */
import type { ParityOutcome } from '../gpu/parity.ts';
import type { Description, StepDemands, Supervision } from '../protocol.ts';

/** One problem size. */
export interface Case {
  readonly supervision: Supervision;
  readonly width: number;
  readonly points: number;
}

/** Some measured times in seconds. */
export interface Times {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  /** A step's mean time in each round, in order. */
  readonly rounds: readonly number[];
}

/** The relative difference of a peer from the float64 reference. */
export interface Disagreement {
  /** |g - g'| / |g'| in the Euclidean norm, at the initial parameters. */
  readonly gradient: number;
  /** The largest relative difference of the losses before the first three updates of Adam. */
  readonly loss: number;
}

/** A peer in a case: measured, or the reason why not. */
export type Outcome =
  | {
      readonly state: 'measured';
      readonly seconds: Times;
      /** The first step, which compiles and uploads. */
      readonly firstStep: number;
      /** The peak memory of the peer's process while it took steps, in bytes. */
      readonly peakMemory: number;
      /** The peak memory of the peer's device, in bytes, where it has one. */
      readonly deviceMemory?: number;
      /** The median share of a step that this project's kernels take; for peers that know it. */
      readonly kernelShare?: number;
      /** For peers on WebGPU. */
      readonly demands?: StepDemands;
      readonly way?: string;
      readonly chunk?: number;
      /** For peers that chose the number. */
      readonly threads?: number;
      readonly loss: number;
      /**
       * The rate of the matrix products in the step, in GFLOP/s; only where it is known which products a peer
       * computes.
       */
      readonly rate?: number;
    }
  | { readonly state: 'not run' | 'aborted' | 'wrong'; readonly reason: string };

/** An outcome with its case and peer. */
export interface Result {
  readonly peer: string;
  readonly case: Case;
  readonly outcome: Outcome;
}

/** The rate of products of large matrices alone on a device. */
export interface DeviceRate {
  readonly peer: string;
  readonly precision: 'float32' | 'TF32';
  /** In GFLOP/s; a multiply-add counts as two operations. */
  readonly rate: number;
}

/** The rate of products of float32 matrices `[rows, inner] [inner, columns]` in a library on the processor. */
export interface SgemmRate {
  /** The name of the library with its version. */
  readonly library: string;
  readonly threads: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  /** In GFLOP/s; a multiply-add counts as two operations. */
  readonly rate: number;
}

/** The machine and the programs. */
export interface Environment {
  readonly date: string;
  readonly processor: string;
  readonly cores: number;
  readonly memory: number;
  readonly system: string;
  readonly node: string;
}

/** The part of a peer's process that does not change from case to case. */
export type PeerState = Description | { readonly unavailable: string };

/** The results of a run. */
export interface Results {
  readonly command: string;
  readonly complete: boolean;
  readonly seconds: number;
  readonly environment: Environment;
  readonly rounds: number;
  readonly stepLimit: number;
  /** By name, in the order of the run. */
  readonly peers: Readonly<Record<string, PeerState>>;
  /** By peer and supervision, where it was checked. */
  readonly disagreements: readonly (Disagreement & {
    readonly peer: string;
    readonly supervision: Supervision;
    readonly width: number;
  })[];
  /**
   * The highest rate of `simd`'s matrix product during the run, on data in the cache, on all threads, in GFLOP/s.
   */
  readonly attainableRate?: number;
  /** The higher of the rates before the first case and after the last; empty where no Python has numpy or PyTorch. */
  readonly sgemm: readonly SgemmRate[];
  /** Measured by the peers that have a device, at the beginning of the run. */
  readonly deviceRates: readonly DeviceRate[];
  /**
   * The share of the processors that other programs used while this one was idle, from 0 to 1: once before each case.
   */
  readonly foreignLoad: readonly number[];
  readonly results: readonly Result[];
  /** For a run about a graphics card. */
  readonly about?: CardFacts;
}

/** What a run about a graphics card reports besides times. */
export interface CardFacts {
  /** The cards and their driver, as nvidia-smi lists them. */
  readonly cards?: string;
  readonly parity: ParityOutcome;
}
