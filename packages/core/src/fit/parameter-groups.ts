/** @file Parameter groups with their own optimizer or schedule, or frozen. */
import { concat1d, keep, slice, type Tensor1D, tidy, zeros } from '@tensorflow/tfjs-core';
import type { ParameterEntry, ParameterLayout, ParameterQuery } from '../params/layout.ts';
import type { GradientOptimizer } from './optimizer.ts';
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
}

const fits = (entry: ParameterEntry, query: ParameterQuery): boolean =>
  Object.entries(query).every(([key, value]) => entry[key as keyof ParameterQuery] === value);

/** The group of state that is not trained. */
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
    if (last?.group === group) segments[segments.length - 1] = { ...last, length: last.length + entry.size };
    else segments.push({ start: entry.offset, length: entry.size, group });
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

/**
 * Combines a fit's optimizer and those of its groups into one. It has as many state vectors as the optimizer with the
 * most.
 */
export const groupedOptimizer = (
  base: GradientOptimizer,
  groups: readonly ParameterGroup[],
  { layout, schedule, steps }: GroupedOptions,
): GroupedOptimizer => {
  const segments = segmentsOf(layout, groups, { parameters: {} });
  const optimizers = segments.map(({ group }) => group.optimizer ?? base);
  const stateSize = Math.max(base.stateSize, ...optimizers.map(optimizer => optimizer.stateSize));
  const isFrozen = segments.map(({ group }) => group.frozen ?? false);
  return {
    kind: base.kind,
    learningRate: base.learningRate,
    settings: base.settings,
    stateSize,
    ...(base.stateProblem && { stateProblem: state => base.stateProblem?.(state) }),
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
        const cut = (vector: Tensor1D): Tensor1D => slice(vector, start, length);
        const before = [parameters, ...state].map(cut) as [Tensor1D, ...Tensor1D[]];
        if (isFrozen[index]) return before;
        const optimizer = optimizers[index] as GradientOptimizer;
        const [now, ...own] = before;
        const next = optimizer.update({
          parameters: now,
          gradient: cut(gradient),
          state: own.slice(0, optimizer.stateSize),
          step,
          learningRate: optimizer.learningRate * factorAt(group.schedule ?? schedule, step, steps),
        });
        return [next.parameters, ...next.state, ...own.slice(optimizer.stateSize)];
      });
      const [parametersNext, ...stateNext] = Array.from({ length: 1 + stateSize }, (_, vector) =>
        concat1d(parts.map(part => part[vector] as Tensor1D)),
      );
      return { parameters: parametersNext as Tensor1D, state: stateNext };
    },
  };
};
