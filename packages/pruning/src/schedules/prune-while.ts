/** @file Pruning for as long as a field is good enough. */
import {
  type Adaptation,
  type Adapter,
  type AdaptInput,
  type Field,
  type FitStep,
  fit,
  type ObjectiveTerm,
  type Schedule,
} from '@neural-fields/core';
import { assertCount, assertFraction, assertOptions, assertPositive } from '@neural-fields/core/options';
import { fieldOf, readParameters } from '../field-values.ts';
import type { UnitIndices } from '../selection.ts';
import { structureOf } from '../structure.ts';
import {
  FITTING_OPTIONS,
  fieldIn,
  JUMPS,
  MadeFields,
  type PruneOptions,
  type PruneProgress,
  partOptions,
  scheduleFor,
} from './prune.ts';
import { assertChoice, CHOICE_OPTIONS, type Pruned, pruneParameters } from './prune-to.ts';

/** The options of {@link pruneWhile}. */
export interface PruneWhileOptions
  extends Omit<PruneOptions, 'parameters' | 'rounds' | 'finalSteps' | 'schedule' | 'checkpoint'> {
  /** Whether a field is good enough, e.g. by its PSNR at points of the caller's; it must not dispose of the field. */
  accept(field: Field): boolean | Promise<boolean>;
  /** The share of the parameters that a round removes; 0.2 if absent. */
  readonly share?: number;
  /** How often the share is halved, and the round repeated, when a field is not accepted; 2 if absent. */
  readonly refinements?: number;
  /** The steps of each round; 100 if absent. */
  readonly stepsPerRound?: number;
  /** The most rounds; 30 if absent. */
  readonly rounds?: number;
  /** No further round begins after so many seconds; no limit if absent. */
  readonly seconds?: number;
}

/** The state of {@link pruneWhile}. */
export interface PruneWhileProgress extends PruneProgress {
  /** The smallest field that was accepted so far; in the last report it is `field`, and the caller's. */
  readonly accepted: Field;
}

/** A half cosine in each round, after a short warm-up. */
const everyRound = (length: number): Schedule => ({
  describe: () => `cosine every ${length} steps`,
  factor: step => {
    const at = (step - 1) % length;
    return Math.min(1, (at + 1) / Math.max(1, length / 10)) * 0.5 * (1 + Math.cos((Math.PI * at) / length));
  },
});

/**
 * Prunes a field in rounds for as long as it is accepted: a round removes a share of the parameters, fits on with the
 * optimizer's moments of what remains while the learning rate falls to 0, and asks. Where the answer is no, the last
 * accepted field is pruned by half the share instead, `refinements` times; then the pruning ends. The given field stays
 * as it is.
 *
 * Unlike `prune`, it does not resume from checkpoints: the accepted field is not a part of them.
 *
 * @returns the smallest accepted field, which is that of the last report; the caller disposes of it. Where nothing can
 *   be removed there is no report, and it is the given field.
 * @throws RangeError when the field is not accepted before anything is removed; otherwise as `prune`
 */
export async function* pruneWhile(
  field: Field,
  terms: readonly ObjectiveTerm[],
  options: PruneWhileOptions,
): AsyncGenerator<PruneWhileProgress, Field, undefined> {
  const { checkpoint: _, schedule: __, ...known } = FITTING_OPTIONS;
  const own = { accept: 1, share: 1, refinements: 1, stepsPerRound: 1, rounds: 1, seconds: 1 } as const;
  assertOptions('pruneWhile', options, { ...CHOICE_OPTIONS, ...known, ...own });
  const [choice, others] = partOptions(options);
  const { accept, share = 0.2, refinements = 2, stepsPerRound = 100, rounds = 30, seconds, ...fitting } = others;
  if (typeof accept !== 'function')
    throw new TypeError(`pruneWhile: accept must be a function of a field, got ${typeof accept}`);
  assertFraction('pruneWhile: share', share);
  assertCount('pruneWhile: refinements', refinements, 0);
  assertCount('pruneWhile: stepsPerRound', stepsPerRound);
  assertCount('pruneWhile: rounds', rounds);
  if (seconds !== undefined) assertPositive('pruneWhile: seconds', seconds);
  assertChoice('pruneWhile', choice);
  if (!(await accept(field)))
    throw new RangeError('pruneWhile: the field must be accepted before anything is removed from it, but it is not');

  const started = performance.now();
  const made = new MadeFields();
  const { spec, extensions, layout } = field;
  let best: Field = fieldOf(spec, extensions, layout, await readParameters(field));
  let [current, halvings, finished]: [number, number, boolean] = [share, 0, false];
  let now = { round: 1, removed: {} as UnitIndices };
  /** The best field without a share of its parameters; `undefined` where nothing more can be removed. */
  const shrink = async (): Promise<Pruned | undefined> => {
    const parameters = Math.max(1, Math.floor(best.parameterCount * (1 - current)));
    const pruned = await pruneParameters(
      'pruneWhile',
      structureOf(best.spec, extensions),
      await readParameters(best),
      { ...choice, parameters },
      options.signal,
    );
    if (pruned.field.parameterCount < best.parameterCount) return pruned;
    pruned.field.dispose();
    return undefined;
  };
  const change = async (
    { model, parameters: vector }: AdaptInput,
    { step }: FitStep,
  ): Promise<Adaptation | undefined> => {
    if (finished || step % stepsPerRound !== 0) return undefined;
    const flat = Float32Array.from(await vector.data());
    const tried = fieldIn(model);
    const candidate = fieldOf(tried.spec, extensions, tried.layout, flat);
    const isAccepted = await accept(candidate);
    if (isAccepted) {
      best.dispose();
      best = candidate;
    } else {
      candidate.dispose();
      current /= 2;
      halvings += 1;
    }
    const isLate = seconds !== undefined && performance.now() - started > 1000 * seconds;
    const next = isLate || halvings > refinements || now.round >= rounds ? undefined : await shrink();
    if (next === undefined) {
      finished = true;
      return undefined;
    }
    now = { round: now.round + 1, removed: next.removed };
    const bestValues = await readParameters(best);
    return {
      model: made.add(next.field),
      map: (values, of) => {
        if (isAccepted) return next.map(values, of);
        // Another field than the one in training: its values, and no moments.
        if (of !== 'parameters' && of !== 'average') return new Float32Array(next.field.parameterCount);
        return next.map(bestValues, of);
      },
    };
  };
  const adapt: Adapter = {
    describe: () => 'pruneWhile',
    change,
    restore: () => {
      throw new TypeError('pruneWhile: does not resume from checkpoints');
    },
  };
  const first = await shrink();
  if (first === undefined) {
    best.dispose();
    return field;
  }
  now = { round: 1, removed: first.removed };
  made.add(first.field);
  let last: Field = first.field;
  let final: PruneProgress | undefined;
  let isComplete = false;
  try {
    const steps = rounds * stepsPerRound + 1;
    const schedule = scheduleFor(fitting, everyRound(stepsPerRound));
    for await (const progress of fit(first.field, terms, {
      divergence: JUMPS,
      ...fitting,
      ...(schedule && { schedule }),
      steps,
      adapt,
    })) {
      last = fieldIn(progress.model);
      final = { ...progress, ...now, field: last, rounds };
      if (finished) break;
      yield { ...final, field: last, accepted: best };
      made.keepOnly(last);
    }
    isComplete = true;
  } finally {
    made.keepOnly(isComplete ? undefined : last);
  }
  if (final) yield { ...final, field: best, accepted: best };
  return best;
}
