/** @file Trainings that change the network on the way: pruning, and the exchange of input frequencies. */
import { type Field, fit, type ObjectiveTerm } from '@neural-fields/core';
import type { Training, TrainingReport } from '../frame/experiment.ts';

type Steps = AsyncGenerator<TrainingReport, Field, undefined>;

/** Fits a field, with further terms, for a part of the steps. Yields each step. */
export async function* fitFirst(
  field: Field,
  { terms, options, signal }: Training,
  { steps, more = [] }: { readonly steps: number; readonly more?: readonly ObjectiveTerm[] },
): AsyncGenerator<TrainingReport, void, undefined> {
  for await (const { step, loss } of fit(field, [...terms, ...more], { ...options, steps, signal }))
    yield { step, loss };
}

/** Passes on the reports of a schedule, as steps after the first ones, and returns its field. */
export async function* after(
  first: number,
  schedule: AsyncGenerator<TrainingReport & { readonly field: Field }, Field, undefined>,
): Steps {
  for (;;) {
    const next = await schedule.next();
    if (next.done) return next.value;
    const { step, loss } = next.value;
    yield { step: first + step, loss };
  }
}

/** The options of core's loop that schedules of pruning do not take. */
type Unused = 'steps' | 'schedule' | 'keepBest' | 'until' | 'adapt';

/** The options of core's loop that schedules of pruning take. */
export const scheduleOptions = ({
  options,
  signal,
}: Training): Omit<Training['options'], Unused> & { readonly signal: AbortSignal } => {
  const { steps: _, schedule: __, keepBest: ___, until: ____, adapt: _____, ...rest } = options;
  return { ...rest, signal };
};
