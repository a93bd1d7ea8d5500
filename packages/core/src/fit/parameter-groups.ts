/** @file Parameter groups with their own optimizer or schedule, or frozen. */
import { concat1d, keep, slice, type Tensor1D, tidy, zeros } from '@tensorflow/tfjs-core';
import { type ParameterEntry, ParameterLayout, type ParameterQuery } from '../params/layout.ts';
import { type GradientOptimizer, isSearchOptimizer, type Optimizer, stateLengthsOf } from './optimizer.ts';
import { factorAt, type Schedule } from './schedule.ts';

/** A group of parameters, and how they are trained. */
export interface ParameterGroup {
  /**
   * Selects the parameters, e.g. `{ group: 'table' }` or `{ layer: 'layers.0' }`. A parameter that matches several
   * groups belongs to the first.
   */
  readonly parameters: ParameterQuery;
  /** The fit's optimizer if absent. It may be of another kind. */
  readonly optimizer?: GradientOptimizer;
  /** The fit's schedule if absent. */
  readonly schedule?: Schedule;
  /** Whether the parameters are frozen; false if absent. Frozen parameters do not count for `clipNorm`. */
  readonly frozen?: boolean;
}

/** A contiguous part of the flat vector that belongs to one group. */
interface Segment {
  readonly start: number;
  readonly length: number;
  readonly group: ParameterGroup;
  readonly entries: readonly ParameterEntry[];
}

const fits = (entry: ParameterEntry, query: ParameterQuery): boolean =>
  Object.entries(query).every(([key, value]) => entry[key as keyof ParameterQuery] === value);

/** The group of untrained state. */
const UNTRAINED: ParameterGroup = { parameters: {}, frozen: true };

/** The segments of the vector in order, with neighbours of one group merged. */
const segmentsOf = (
  { entries }: ParameterLayout,
  groups: readonly ParameterGroup[],
  others: ParameterGroup,
): Segment[] => {
  const segments: Segment[] = [];
  for (const entry of entries) {
    const group = entry.trained ? (groups.find(({ parameters }) => fits(entry, parameters)) ?? others) : UNTRAINED;
    const last = segments.at(-1);
    if (last?.group === group) {
      const entries = [...last.entries, entry];
      segments[segments.length - 1] = { ...last, length: last.length + entry.size, entries };
    } else segments.push({ start: entry.offset, length: entry.size, group, entries: [entry] });
  }
  return segments;
};

/**
 * @throws RangeError when a group matches no parameter, TypeError when a frozen group has an optimizer or a schedule
 */
export const assertGroups = (layout: ParameterLayout, groups: readonly ParameterGroup[]): void => {
  for (const [index, { parameters, frozen, optimizer, schedule }] of groups.entries()) {
    if (layout.select(parameters).length === 0)
      throw new RangeError(
        `fit: groups[${index}] must match parameters of the field, got ${JSON.stringify(parameters)}; its parameters: ${layout.names().join(', ')}`,
      );
    if (frozen && (optimizer ?? schedule))
      throw new TypeError(`fit: groups[${index}] is frozen, so optimizer and schedule must be absent`);
  }
};

/** The groups as text, for the identity of a run. */
export const describeGroups = (groups: readonly ParameterGroup[], steps: number): string =>
  JSON.stringify(
    groups.map(({ parameters, optimizer, schedule, frozen = false }) => ({
      parameters,
      ...(optimizer && { optimizer: { kind: optimizer.kind, ...optimizer.settings } }),
      ...(schedule && { schedule: schedule.describe(steps) }),
      frozen,
    })),
  );

/**
 * An optimizer that updates each group with its own optimizer, and a way to exclude the gradients of frozen parameters.
 */
export interface GroupedOptimizer extends GradientOptimizer {
  /** The gradient with 0 for frozen parameters, kept; `undefined` where nothing is frozen. */
  withoutFrozen(gradient: Tensor1D): Tensor1D | undefined;
}

/** The context of the groups. */
export interface GroupedOptions {
  readonly layout: ParameterLayout;
  /** The fit's schedule, for groups without one. */
  readonly schedule: Schedule;
  readonly steps: number;
}

/** The optimizer of a segment; `undefined` if it is frozen. */
const optimizerOf = (
  { group, entries }: Segment,
  base: GradientOptimizer,
  model: ParameterLayout,
): GradientOptimizer | undefined => {
  if (group.frozen) return undefined;
  const optimizer = group.optimizer ?? base;
  return optimizer.bind?.({ layout: new ParameterLayout(entries), model }) ?? optimizer;
};

/**
 * Combines a fit's optimizer and those of its groups into one. It has the largest number of state vectors of any of
 * them. Where a segment's optimizer has fewer, its part of the other vectors is unused, and has the segment's length.
 */
const groupedOptimizer = (
  base: GradientOptimizer,
  groups: readonly ParameterGroup[],
  { layout, schedule, steps }: GroupedOptions,
): GroupedOptimizer => {
  const segments = segmentsOf(layout, groups, { parameters: {} });
  const optimizers = segments.map(segment => optimizerOf(segment, base, layout));
  const stateSize = Math.max(base.stateSize, ...optimizers.map(optimizer => optimizer?.stateSize ?? 0));
  const isFrozen = segments.map(({ group }) => group.frozen ?? false);
  const [ranges, stateLengths] = stateRangesOf(segments, optimizers, stateSize);
  /** A segment's parts of the state vectors, including those that it does not use. */
  const cutState = <T>(state: readonly T[], index: number, cut: (vector: T, range: Range) => T): T[] => {
    const own = ranges[index] as readonly Range[];
    return state.map((vector, i) => cut(vector, own[i] as Range));
  };
  return {
    kind: base.kind,
    learningRate: base.learningRate,
    settings: base.settings,
    stateSize,
    stateLengths,
    stateProblem(state) {
      for (const [index, { length }] of segments.entries()) {
        const optimizer = optimizers[index];
        const parts = cutState(state, index, (vector, [start, count]) => vector.subarray(start, start + count));
        const problem = optimizer?.stateProblem?.(parts.slice(0, optimizer.stateSize), length);
        if (problem !== undefined) return problem;
      }
      return undefined;
    },
    withoutFrozen(gradient) {
      if (!isFrozen.includes(true)) return undefined;
      return tidy(() =>
        keep(
          concat1d(
            segments.map(
              ({ start, length }, index) =>
                (isFrozen[index] ? zeros([length]) : slice(gradient, start, length)) as Tensor1D,
            ),
          ),
        ),
      );
    },
    update({ parameters, gradient, state, step }) {
      const parts = segments.map(({ start, length, group }, index) => {
        const now: Tensor1D = slice(parameters, start, length);
        const own = cutState(state, index, sliceOf);
        const optimizer = optimizers[index];
        if (optimizer === undefined) return [now, ...own];
        const next = optimizer.update({
          parameters: now,
          gradient: slice(gradient, start, length),
          state: own.slice(0, optimizer.stateSize),
          step,
          learningRate: optimizer.learningRate * factorAt(group.schedule ?? schedule, step, steps),
        });
        return [next.parameters, ...next.state, ...own.slice(optimizer.stateSize)];
      });
      const [parametersNext, ...stateNext] = joined(parts);
      return { parameters: parametersNext as Tensor1D, state: stateNext };
    },
    async renewState(state, step) {
      if (!optimizers.some(optimizer => optimizer?.renewState)) return undefined;
      const parts = segments.map((_, index) => tidy(() => cutState(state, index, sliceOf)));
      const made = new Set(parts.flat());
      try {
        let isNew = false;
        for (const [index, optimizer] of optimizers.entries()) {
          const own = parts[index] as Tensor1D[];
          const next = await optimizer?.renewState?.(own.slice(0, optimizer.stateSize), step);
          if (next === undefined) continue;
          isNew = true;
          for (const vector of next) made.add(vector);
          parts[index] = [...next, ...own.slice(next.length)];
        }
        return isNew ? tidy(() => joined(parts)) : undefined;
      } finally {
        for (const vector of made) vector.dispose();
      }
    },
  };
};

const sliceOf = (vector: Tensor1D, [start, length]: Range): Tensor1D => slice(vector, start, length);

/** Joins the segments' vectors, the first of each, the second, and so on. */
const joined = (parts: readonly (readonly Tensor1D[])[]): Tensor1D[] =>
  (parts[0] ?? []).map((_, vector) => concat1d(parts.map(part => part[vector] as Tensor1D)));

type Range = readonly [start: number, length: number];

/** Each segment's part of each state vector, and the lengths of these. */
const stateRangesOf = (
  segments: readonly Segment[],
  optimizers: readonly (GradientOptimizer | undefined)[],
  stateSize: number,
): readonly [ranges: readonly (readonly Range[])[], lengths: readonly number[]] => {
  const totals = new Array<number>(stateSize).fill(0);
  const ranges = segments.map(({ length }, index) => {
    const optimizer = optimizers[index];
    const own = optimizer ? stateLengthsOf(optimizer, length) : [];
    return totals.map((start, vector): Range => {
      const count = own[vector] ?? length;
      totals[vector] = start + count;
      return [start, count];
    });
  });
  return [ranges, totals];
};

/** What a fit updates a model with: the optimizer for the model's parameters, and for their groups. */
export const optimizerFor = (
  wanted: Optimizer,
  groups: readonly ParameterGroup[],
  options: GroupedOptions,
): Optimizer | GroupedOptimizer => {
  if (isSearchOptimizer(wanted)) return wanted;
  const { layout } = options;
  if (groups.length > 0 || layout.entries.some(({ trained }) => !trained))
    return groupedOptimizer(wanted, groups, options);
  return wanted.bind?.({ layout, model: layout }) ?? wanted;
};
