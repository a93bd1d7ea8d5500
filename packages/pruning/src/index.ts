/** @file Structural pruning and growth of neural fields. */
export { type RemovalBoundOptions, removalBound } from './bounds/removal-bound.ts';
export { type AddUnitsOptions, addUnits } from './growth/add-units.ts';
export { addFrequencies, type InputFrequencies, inputFrequencies } from './growth/input-frequencies.ts';
export {
  type AngularFrequency,
  type DoubledFrequenciesOptions,
  doubledFrequencies,
  type SpectralPeaksOptions,
  type Spectrum,
  spectralPeaks,
} from './growth/propose.ts';
export { besselBound } from './ranking/bessel-bound.ts';
export { type CriterionName, type CriterionNeeds, criteria } from './ranking/criteria.ts';
export type { Criterion, Ranked } from './ranking/criterion.ts';
export { type GradientTimesWeightOptions, gradientTimesWeight } from './ranking/gradient-times-weight.ts';
export { magnitude } from './ranking/magnitude.ts';
export { outgoingNorm } from './ranking/outgoing-norm.ts';
export { type RandomScoresOptions, randomScores } from './ranking/random.ts';
export { type RankedUnit, type RankingOptions, type RankingScope, rankUnits } from './ranking/rank-units.ts';
export { type OutgoingL1Options, outgoingL1 } from './regularisers/outgoing-l1.ts';
export { type WeakestDecayOptions, weakestDecay } from './regularisers/weakest-decay.ts';
export { type RemoveUnitsOptions, type Resized, removeUnits } from './remove-units.ts';
export { type AddPruneOptions, addPrune } from './schedules/add-prune.ts';
export { type PruneOptions, type PruneProgress, prune } from './schedules/prune.ts';
export { type ChoiceOptions, type Pruned, type PruneToOptions, pruneTo } from './schedules/prune-to.ts';
export { type PruneWhileOptions, type PruneWhileProgress, pruneWhile } from './schedules/prune-while.ts';
export { type LayerUnits, type UnitIndices, unitsOf } from './selection.ts';
export type { Structure, Unit } from './structure.ts';
