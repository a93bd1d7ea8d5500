/** @file What is known of a peer from fewer points: how long more points will take, and whether to try them. */
import type { Case, Outcome } from './results.ts';

interface Known {
  readonly points: number;
  readonly outcome: Outcome;
}

/** Remembers the last outcome of each peer by width and supervision. Cases come from few points to many. */
export class History {
  readonly #known = new Map<string, Known>();

  #key(peer: string, { supervision, width }: Case): string {
    return `${peer} ${supervision} ${width}`;
  }

  add(peer: string, each: Case, outcome: Outcome): void {
    const key = this.#key(peer, each);
    // The first failure is kept, not the skipped cases that follow from it.
    const before = this.#known.get(key)?.outcome.state;
    if (before === undefined || before === 'measured') this.#known.set(key, { points: each.points, outcome });
  }

  /** Why a case need not be tried; `undefined` when it should be. */
  reasonAgainst(peer: string, each: Case): string | undefined {
    const known = this.#known.get(this.#key(peer, each));
    if (known === undefined || known.outcome.state === 'measured') return undefined;
    const { points, outcome } = known;
    return outcome.state === 'not run'
      ? `with ${points.toLocaleString('en-US')} points already, ${outcome.reason}`
      : `${outcome.state} with ${points.toLocaleString('en-US')} points already: ${outcome.reason}`;
  }

  /** How long a step should take, in seconds, and the way that was fastest. */
  expectation(peer: string, each: Case): { readonly expected?: number; readonly way?: string } {
    const known = this.#known.get(this.#key(peer, each));
    if (known?.outcome.state !== 'measured') return {};
    const { seconds, way } = known.outcome;
    // The lowest: other programs on the machine only make steps longer.
    return { expected: (seconds.lowest * each.points) / known.points, ...(way !== undefined && { way }) };
  }
}
