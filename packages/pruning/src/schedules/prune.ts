/** @file Pruning in rounds, each followed by steps of a fit. */
import {
  type Adaptation,
  type Adapter,
  type AdaptInput,
  createField,
  Field,
  type FitOptions,
  type FitProgress,
  type FitStep,
  fit,
  type ModelDescription,
  type ObjectiveTerm,
  type Schedule,
  warmupStableDecay,
} from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import { readParameters } from '../field-values.ts';
import { outgoingNorm } from '../ranking/outgoing-norm.ts';
import type { UnitIndices } from '../selection.ts';
import {
  assertChoice,
  CHOICE_OPTIONS,
  type ChoiceOptions,
  type Pruned,
  pruneParameters,
  structureOfField,
} from './prune-to.ts';

/** The options of a fit that pruning passes on. */
type FittingOptions = Omit<FitOptions, 'steps' | 'adapt' | 'keepBest' | 'until'>;

/** The options of {@link prune}. */
export interface PruneOptions extends ChoiceOptions, FittingOptions {
  /** The most parameters that may be left. */
  readonly parameters: number;
  /** The number of removals, each of the same share of the parameters; 8 if absent. */
  readonly rounds?: number;
  /** The steps of the fit after each removal but the last; 100 if absent. */
  readonly stepsPerRound?: number;
  /** The steps of the fit after the last removal; 4 `stepsPerRound` if absent. */
  readonly finalSteps?: number;
}

/** The state of a pruning. */
export interface PruneProgress extends FitProgress {
  /** The field as it is now; the caller disposes of that of the last report. */
  readonly field: Field;
  /** The number of removals so far. */
  readonly round: number;
  readonly rounds: number;
  /** The units removed so far in the latest round, numbered as before it. */
  readonly removed: UnitIndices;
}

/** The options of `fit` that pruning passes on, for `assertOptions`. */
export const FITTING_OPTIONS = {
  optimizer: 1,
  schedule: 1,
  groups: 1,
  project: 1,
  seed: 1,
  chunkSize: 1,
  clipNorm: 1,
  averageDecay: 1,
  reportEvery: 1,
  onChunk: 1,
  signal: 1,
  checkpoint: 1,
  divergence: 1,
} as const;

/** Steps before the learning rate is reached: an optimizer without moments takes its largest steps first. */
const WARM_UP = 20;

/** The loss jumps where units are removed, far above that of a good field: only much more than that is divergence. */
export const JUMPS = { firstFactor: 100 } as const;

/** The default schedule of an optimizer; none for a search, which chooses the length of its steps itself. */
export const scheduleFor = ({ optimizer }: Pick<FitOptions, 'optimizer'>, schedule: Schedule): Schedule | undefined =>
  optimizer !== undefined && 'search' in optimizer ? undefined : schedule;

/** Parts of options for pruning and for fitting. */
export const partOptions = <T extends ChoiceOptions>(
  options: T,
): readonly [choice: ChoiceOptions, others: Omit<T, keyof ChoiceOptions>] => {
  const { criterion, leastShare, meanOver, scope, layers, ...others } = options;
  const choice = {
    ...(criterion && { criterion }),
    ...(leastShare !== undefined && { leastShare }),
    ...(meanOver && { meanOver }),
    ...(scope && { scope }),
    ...(layers && { layers }),
  };
  return [choice, others];
};

/** Describes the choice of units, for resumed runs. */
export const describeChoice = ({
  criterion = outgoingNorm(),
  leastShare,
  scope,
  layers,
  meanOver,
}: ChoiceOptions): string =>
  JSON.stringify({ criterion: criterion.describe(), leastShare, scope, layers, meanOver: meanOver?.shape });

/** The fields that a schedule has made, of which the caller gets the last. */
export class MadeFields {
  readonly #fields = new Set<Field>();

  add(field: Field): Field {
    this.#fields.add(field);
    return field;
  }

  /** Disposes of all but one. */
  keepOnly(kept: Field | undefined): void {
    for (const field of this.#fields) {
      if (field === kept) continue;
      field.dispose();
      this.#fields.delete(field);
    }
  }
}

/** The number of parameters after some of all rounds, which remove the same share each. */
const budgetAfter = (round: number, rounds: number, from: number, to: number): number =>
  round === rounds ? to : Math.round(from * (to / from) ** (round / rounds));

/**
 * Prunes a field in rounds: in each the units that a criterion says matter least are removed, then the fit goes on,
 * with the optimizer's moments of what remains; the state of `soap` and of searches such as `lbfgs` begins again. An
 * asynchronous generator like `fit`, which it runs: it reports, resumes from checkpoints and stops as that does.
 *
 *     for await (const { step, field, metrics } of prune(field, task, { parameters: 20_000, optimizer: adam() })) ...
 *
 * The first removal is before the first step. The learning rate is warmed up, then constant, and falls to 0 in the
 * steps after the last removal, unless a `schedule` is given. The given field stays as it is. The caller disposes of
 * the field of the last report.
 *
 * @returns the pruned field
 * @throws RangeError, TypeError when an option is out of its range, or a criterion, optimizer or layer does not suit;
 *   otherwise as `fit`
 */
export async function* prune(
  field: Field,
  terms: readonly ObjectiveTerm[],
  options: PruneOptions,
): AsyncGenerator<PruneProgress, Field, undefined> {
  assertOptions('prune', options, {
    ...CHOICE_OPTIONS,
    ...FITTING_OPTIONS,
    parameters: 1,
    rounds: 1,
    stepsPerRound: 1,
    finalSteps: 1,
  });
  const [choice, others] = partOptions(options);
  const { parameters, rounds = 8, stepsPerRound = 100, finalSteps = 4 * stepsPerRound, ...fitting } = others;
  for (const [name, value] of Object.entries({ parameters, rounds, stepsPerRound, finalSteps }))
    assertCount(`prune: ${name}`, value);
  assertChoice('prune', choice);
  const made = new MadeFields();
  const budget = (round: number): number => budgetAfter(round, rounds, field.parameterCount, parameters);
  const pruneTo = (from: Field, flat: Float32Array, round: number): Promise<Pruned> =>
    pruneParameters(
      'prune',
      structureOfField(from),
      flat,
      { ...choice, parameters: Math.min(budget(round), from.parameterCount) },
      options.signal,
    );
  const steps = (rounds - 1) * stepsPerRound + finalSteps;
  let now = { round: 1, removed: {} as UnitIndices };
  const roundAt = (step: number): number => Math.min(rounds, 1 + Math.floor(step / stepsPerRound));
  const adapt: Adapter = {
    describe: () => JSON.stringify({ parameters, rounds, stepsPerRound, choice: describeChoice(choice) }),
    async change({ model, parameters: vector }: AdaptInput, { step }: FitStep): Promise<Adaptation | undefined> {
      const round = roundAt(step);
      if (step % stepsPerRound !== 0 || round === roundAt(step - 1)) return undefined;
      const flat = Float32Array.from(await vector.data());
      const { field: next, map, removed } = await pruneTo(fieldIn(model), flat, round);
      now = { round, removed };
      return { model: made.add(next), map };
    },
    restore: description => made.add(restored(description, field)),
  };
  const { field: first, removed } = await pruneTo(field, await readParameters(field), 1);
  now = { round: 1, removed };
  made.add(first);
  const decay = finalSteps / steps;
  const { schedule = scheduleFor(fitting, warmupStableDecay({ warmup: Math.min(WARM_UP, steps), decay })) } = fitting;
  let last: Field = first;
  try {
    for await (const progress of fit(first, terms, {
      divergence: JUMPS,
      ...fitting,
      ...(schedule && { schedule }),
      steps,
      ...(rounds > 1 && { adapt }),
    })) {
      last = fieldIn(progress.model);
      // The checkpoint of a resumed run is in a later round.
      if (progress.step === progress.resumedFrom + 1)
        now = { ...now, round: Math.max(now.round, roundAt(progress.step)) };
      yield { ...progress, ...now, field: last, rounds };
      made.keepOnly(last);
    }
  } finally {
    made.keepOnly(last);
  }
  return last;
}

/** The field that a fit trains. */
export const fieldIn = (model: unknown): Field => {
  if (model instanceof Field) return model;
  throw new TypeError('prune: must prune a field, got a model of another kind');
};

/** A field of a checkpoint's description, whose values do not matter. */
export const restored = (description: ModelDescription, { extensions }: Field): Field =>
  createField((description as Field['description']).spec, { seed: 0, extensions });
