/** @file What the sources of points of a fit keep from step to step. */
import { CheckpointError } from './checkpoint.ts';
import { findNonFinite } from './non-finite.ts';
import type { SourceMemory } from './points.ts';
import { isPointTerm, type ObjectiveTerm } from './term.ts';

/** By the names of terms. */
export type SourceStates = ReadonlyMap<string, Float32Array>;

const NONE: SourceStates = new Map();

/** Those of an objective's terms. */
export class SourceMemories {
  readonly #memories: readonly (readonly [term: string, memory: SourceMemory])[];

  constructor(terms: readonly ObjectiveTerm[]) {
    this.#memories = terms
      .filter(isPointTerm)
      .flatMap(({ name, points: { memory } }) => (memory ? [[name, memory] as const] : []));
  }

  /** @throws RangeError when a source gives what cannot be saved */
  read(): SourceStates {
    if (this.#memories.length === 0) return NONE;
    return new Map(
      this.#memories.map(([term, memory]) => {
        const values = memory.read();
        if (!(values instanceof Float32Array) || findNonFinite(values) !== undefined)
          throw new RangeError(`term '${term}': the memory of its points must be finite numbers in a Float32Array`);
        return [term, values];
      }),
    );
  }

  /** @throws CheckpointError when what was saved is not of these sources */
  restore(saved: SourceStates = NONE): void {
    const names = this.#memories.map(([term]) => term);
    const strange = [...saved.keys()].find(term => !names.includes(term));
    if (strange !== undefined) {
      const difference = `the points of its term '${strange}' keep what these do not`;
      throw new CheckpointError('another-run', `fit: the checkpoint is of another run: ${difference}`, { difference });
    }
    for (const [term, memory] of this.#memories) {
      const values = saved.get(term);
      if (values === undefined)
        throw new CheckpointError(
          'damaged',
          `fit: the checkpoint is damaged: what the points of term '${term}' keep is missing`,
        );
      try {
        memory.restore(values.slice());
      } catch (cause) {
        throw new CheckpointError(
          'damaged',
          `fit: the checkpoint is damaged: what the points of term '${term}' keep is not theirs`,
          { cause },
        );
      }
    }
  }
}
