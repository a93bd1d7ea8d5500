/** @file The results of a run with many small fields: the contents of its results.json. */
import type { FieldsProblem } from '../protocol.ts';
import type { Disagreement, Environment, Outcome, PeerState } from '../speed/results.ts';

/** The results of a run. */
export interface FieldsResults {
  readonly command: string;
  readonly complete: boolean;
  readonly seconds: number;
  readonly environment: Environment;
  readonly size: Pick<FieldsProblem, 'fields' | 'points' | 'width' | 'layers'>;
  readonly rounds: number;
  readonly stepLimit: number;
  /** By name, in the order of the run. */
  readonly peers: Readonly<Record<string, PeerState>>;
  /** By peer, where it was checked: the worst field's gradient, and the sums of the losses. */
  readonly disagreements: Readonly<Record<string, Disagreement>>;
  /**
   * The share of the processors that other programs used before the peers started and after they ended, from 0 to 1.
   */
  readonly foreignLoad: readonly number[];
  /** By peer; absent for peers that were not timed before the run was stopped. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
}
