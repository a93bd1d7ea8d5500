/** @file The stop rules of a fit, with their states. */
import { CheckpointError, type TrainingState } from './checkpoint.ts';
import type { FitProgress } from './progress.ts';
import type { StopContext, StopRule } from './stop-rules.ts';

/** Checks all stop rules of a fit: the first reason ends it. */
export class Stopping {
  readonly #rules: readonly StopRule[];
  #states: readonly (readonly number[])[];
  #reason: string | undefined;
  #isReached = false;

  /** @param saved a saved {@link state} */
  constructor(rules: readonly StopRule[], saved: TrainingState['until']) {
    if (saved && saved.states.length !== rules.length)
      throw new CheckpointError(
        'damaged',
        `the checkpoint is damaged: it must have the states of ${rules.length} stop rules, got ${saved.states.length}`,
      );
    this.#rules = rules;
    this.#states = saved?.states ?? rules.map(() => []);
    this.#reason = saved?.reason;
  }

  /** Why the fit ends. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Whether the rule that ends the fit has reached its goal with the latest parameters. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** The state for a checkpoint. */
  get state(): TrainingState['until'] {
    if (this.#rules.length === 0) return undefined;
    return { states: this.#states, ...(this.#reason !== undefined && { reason: this.#reason }) };
  }

  /** Checks all rules. @throws TypeError when a rule returns a state that cannot be saved */
  async judge(progress: FitProgress, lossOf: StopContext['lossOf']): Promise<void> {
    const states: (readonly number[])[] = [];
    for (const [index, rule] of this.#rules.entries()) {
      const verdict = await rule.judge(progress, { state: this.#states[index] as readonly number[], lossOf });
      const { state, reason, isReached = false } = verdict;
      if (!(Array.isArray(state) && state.every(Number.isFinite)))
        throw new TypeError(
          `fit: until '${rule.describe()}' must return a list of finite numbers as its state, got ${JSON.stringify(state)}`,
        );
      states.push(state);
      if (this.#reason === undefined && reason !== undefined) {
        this.#reason = reason;
        this.#isReached = isReached;
      }
    }
    this.#states = states;
  }
}
