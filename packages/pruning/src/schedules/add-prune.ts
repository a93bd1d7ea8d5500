/** @file The exchange of input frequencies in rounds of a fit. */
import {
  type Adaptation,
  type Adapter,
  type AdaptInput,
  type Field,
  type FitStep,
  fit,
  type ObjectiveTerm,
  warmupStableDecay,
} from '@neural-fields/core';
import { assertCount, assertOptions } from '@neural-fields/core/options';
import { fieldOf, readParameters } from '../field-values.ts';
import { frequenciesOf, growFrequencies } from '../growth/input-frequencies.ts';
import { type AngularFrequency, doubledFrequencies } from '../growth/propose.ts';
import type { Criterion } from '../ranking/criterion.ts';
import { outgoingNorm } from '../ranking/outgoing-norm.ts';
import { candidatesOf } from '../ranking/rank-units.ts';
import { type Resized, removeFrom } from '../remove-units.ts';
import { structureOf } from '../structure.ts';
import {
  FITTING_OPTIONS,
  fieldIn,
  JUMPS,
  MadeFields,
  type PruneOptions,
  type PruneProgress,
  restored,
  scheduleFor,
} from './prune.ts';

/** The options of {@link addPrune}. */
export interface AddPruneOptions
  extends Omit<PruneOptions, 'parameters' | 'scope' | 'layers' | 'leastShare' | 'meanOver'> {
  /** The number of input frequencies that a round replaces. */
  readonly exchange: number;
  /**
   * New input frequencies for a field, in radians per unit, e.g. `spectralPeaks` of its residual; may be fewer than
   * `count`. It must depend on nothing but its arguments. `doubledFrequencies` if absent.
   */
  propose?(field: Field, count: number): readonly AngularFrequency[] | Promise<readonly AngularFrequency[]>;
  /** Identifies `propose` in checkpoints; `given` if absent. */
  readonly proposal?: string;
}

/** The exchange of one round. */
const exchangeIn = async (
  field: Field,
  flat: Float32Array,
  {
    count,
    criterion,
    propose,
    seed,
  }: {
    readonly count: number;
    readonly criterion: Criterion;
    readonly propose: NonNullable<AddPruneOptions['propose']>;
    readonly seed: number;
  },
): Promise<Resized & { readonly removed: PruneProgress['removed'] }> => {
  const { spec, extensions } = field;
  const structure = structureOf(spec, extensions);
  const { layer } = frequenciesOf('addPrune', structure, flat);
  const current = fieldOf(spec, extensions, structure.network.layout, flat);
  const added = await Promise.resolve(propose(current, count)).finally(() => current.dispose());
  const ranked = await candidatesOf('addPrune', structure, flat, criterion, { layers: [layer], scope: 'layer' });
  const weakest = ranked.slice(0, Math.min(added.length, ranked.length - 1)).map(({ unit }) => unit);
  const units = structure.layers.get(layer) ?? [];
  const smaller = await removeFrom('addPrune', structure, flat, new Set(weakest));
  const between = structureOf(smaller.field.spec, extensions);
  smaller.field.dispose();
  const grown = growFrequencies(
    'addPrune',
    between,
    smaller.map(flat, 'parameters'),
    added.slice(0, weakest.length),
    seed,
  );
  return {
    field: grown.field,
    map: (vector, of) => grown.map(smaller.map(vector, of), of),
    removed: { [layer]: weakest.map(unit => units.indexOf(unit)).sort((a, b) => a - b) },
  };
};

/**
 * Fits a field while it replaces input frequencies: in each round the least important ones are removed, and as many new
 * ones added, which nothing reads yet; then the fit goes on, with the optimizer's moments of what remains. The
 * add-prune scheme of the TUNER talk (Novello et al. 2025, arXiv:2407.21121), with the densification of AIRe,
 * arXiv:2510.23943.
 *
 * The first exchange is after `stepsPerRound` steps, `rounds` in all, and `finalSteps` follow the last one. Otherwise
 * as `prune`: it resumes from checkpoints, the given field stays as it was when the first exchange began, and the
 * caller disposes of the field of the last report.
 *
 * @returns the field with the exchanged frequencies
 * @throws RangeError or TypeError when an option is out of its range or the field does not begin with frequencies;
 *   otherwise as `fit`
 */
export async function* addPrune(
  field: Field,
  terms: readonly ObjectiveTerm[],
  options: AddPruneOptions,
): AsyncGenerator<PruneProgress, Field, undefined> {
  const own = {
    exchange: 1,
    propose: 1,
    proposal: 1,
    criterion: 1,
    rounds: 1,
    stepsPerRound: 1,
    finalSteps: 1,
  } as const;
  assertOptions('addPrune', options, { ...FITTING_OPTIONS, ...own });
  const { exchange, propose, proposal, criterion = outgoingNorm(), rounds = 8, ...others } = options;
  const { stepsPerRound = 100, finalSteps = 4 * stepsPerRound, ...fitting } = others;
  for (const [name, value] of Object.entries({ exchange, rounds, stepsPerRound, finalSteps }))
    assertCount(`addPrune: ${name}`, value);
  const seed = options.seed ?? 0;
  const proposer =
    propose ?? ((now: Field, count: number) => doubledFrequencies(now, { count, criterion: outgoingNorm() }));
  frequenciesOf('addPrune', structureOf(field.spec, field.extensions), await readParameters(field));
  const made = new MadeFields();
  const steps = rounds * stepsPerRound + finalSteps;
  let now = { round: 0, removed: {} as PruneProgress['removed'] };
  const adapt: Adapter = {
    describe: () =>
      JSON.stringify({
        exchange,
        rounds,
        stepsPerRound,
        criterion: criterion.describe(),
        proposal: propose ? (proposal ?? 'given') : 'doubled',
      }),
    async change({ model, parameters: vector }: AdaptInput, { step }: FitStep): Promise<Adaptation | undefined> {
      const round = step / stepsPerRound;
      if (!Number.isInteger(round) || round > rounds) return undefined;
      const flat = Float32Array.from(await vector.data());
      const {
        field: next,
        map,
        removed,
      } = await exchangeIn(fieldIn(model), flat, {
        ...{ count: exchange, criterion, propose: proposer },
        seed: seed + round,
      });
      now = { round, removed };
      return { model: made.add(next), map };
    },
    restore: description => made.add(restored(description, field)),
  };
  const { schedule = scheduleFor(fitting, warmupStableDecay({ decay: finalSteps / steps })) } = fitting;
  let last: Field = field;
  try {
    const loop = { divergence: JUMPS, ...fitting, ...(schedule && { schedule }), steps, adapt };
    for await (const progress of fit(field, terms, loop)) {
      last = fieldIn(progress.model);
      const round = Math.max(now.round, Math.min(rounds, Math.floor(progress.step / stepsPerRound)));
      yield { ...progress, ...now, round, field: last, rounds };
      made.keepOnly(last);
    }
  } finally {
    made.keepOnly(last);
  }
  return last;
}
