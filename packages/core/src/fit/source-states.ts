/** @file The states of a fit's point sources between steps. */
import { CheckpointError } from './checkpoint.ts';
import { findNonFinite } from './non-finite.ts';
import type { SourceState } from './points.ts';
import { isPointTerm, type ObjectiveTerm } from './term.ts';

/** States by the names of terms. */
export type SourceStates = ReadonlyMap<string, Float32Array>;

const NONE: SourceStates = new Map();

/** Reads and restores the states of an objective's point sources. */
export class SourceStateStore {
  readonly #states: readonly (readonly [term: string, state: SourceState])[];

  constructor(terms: readonly ObjectiveTerm[]) {
    this.#states = terms
      .filter(isPointTerm)
      .flatMap(({ name, points: { state } }) => (state ? [[name, state] as const] : []));
  }

  /** @throws RangeError when a source returns a state that cannot be saved */
  read(): SourceStates {
    if (this.#states.length === 0) return NONE;
    return new Map(
      this.#states.map(([term, state]) => {
        const values = state.read();
        if (!(values instanceof Float32Array) || findNonFinite(values) !== undefined)
          throw new RangeError(`term '${term}': the state of its points must be finite values in a Float32Array`);
        return [term, values];
      }),
    );
  }

  /** @throws CheckpointError when the saved states do not fit these sources */
  restore(saved: SourceStates = NONE): void {
    const names = this.#states.map(([term]) => term);
    const unexpected = [...saved.keys()].find(term => !names.includes(term));
    if (unexpected !== undefined) {
      const difference = `the points of its term '${unexpected}' have a state, which these do not have`;
      throw new CheckpointError('another-run', `the checkpoint is of another run: ${difference}`, { difference });
    }
    for (const [term, state] of this.#states) {
      const values = saved.get(term);
      if (values === undefined)
        throw new CheckpointError(
          'damaged',
          `the checkpoint is damaged: the state of the points of term '${term}' is missing`,
        );
      try {
        state.restore(values.slice());
      } catch (cause) {
        throw new CheckpointError(
          'damaged',
          `the checkpoint is damaged: the state of the points of term '${term}' does not fit them`,
          { cause },
        );
      }
    }
  }
}
