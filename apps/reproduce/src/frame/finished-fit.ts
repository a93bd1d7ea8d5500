/** @file A finished fit as a file: the model, with metadata about what was fitted and how it went. */
import { existsSync } from 'node:fs';
import { explainedWithin, InputError } from '@neural-fields/app-kit';
import { readInput } from '@neural-fields/app-kit/files';
import { SIGNAL_KEY } from '@neural-fields/app-kit/signals';
import { writeFileAtomically } from '@neural-fields/core/node';
import type { FitPlan, TrainedModel } from './experiment.ts';
import { type FitIdentity, firstDifference } from './fit-identity.ts';
import { decodeTrained, encodeTrained } from './model-files.ts';

/** The metadata key of the outcome, which is stored as JSON. */
const OUTCOME_KEY = 'reproduce';

/** How a fit went. */
export interface Outcome {
  readonly identity: FitIdentity;
  /** The number of updates that led to the parameters. */
  readonly steps: number;
  readonly seconds: number;
  readonly diverged?: string | undefined;
  /** How often the loss diverged and the fit resumed with half the learning rate; absent for never. */
  readonly recoveries?: number;
}

const readOutcome = (text: string | undefined): Outcome | undefined => {
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Partial<Outcome>;
    return typeof value.identity === 'object' && typeof value.steps === 'number' ? (value as Outcome) : undefined;
  } catch {
    return undefined;
  }
};

/** Saves a finished fit. */
export const writeFinishedFit = async (
  path: string,
  plan: FitPlan<TrainedModel>,
  model: TrainedModel,
  outcome: Outcome,
): Promise<void> => {
  const metadata = {
    [OUTCOME_KEY]: JSON.stringify(outcome),
    ...(plan.signal && { [SIGNAL_KEY]: JSON.stringify(plan.signal) }),
  };
  await writeFileAtomically(path, await encodeTrained(model, metadata));
};

/**
 * Reads a finished fit; `undefined` when there is none.
 *
 * @throws InputError when the file belongs to another fit, or is not a finished fit
 */
export const readFinishedFit = async <M extends TrainedModel>(
  path: string,
  plan: FitPlan<M>,
  identity: FitIdentity,
): Promise<{ readonly model: M; readonly outcome: Outcome } | undefined> => {
  if (!existsSync(path)) return undefined;
  const hint = "give that run's options, name another folder with --output, or start again with --restart";
  const bytes = await readInput(path);
  const unreadable = (error: unknown): InputError =>
    new InputError({ ...explainedWithin(`cannot read '${path}'`, error), hint }, { cause: error });
  const { metadata, make } = (() => {
    try {
      return decodeTrained(bytes, plan);
    } catch (error) {
      throw unreadable(error);
    }
  })();
  const outcome = readOutcome(metadata[OUTCOME_KEY]);
  if (outcome === undefined)
    throw new InputError({ what: `'${path}'`, problem: 'this file was not written by this command', hint });
  const difference = firstDifference(outcome.identity, identity);
  if (difference !== undefined)
    throw new InputError({ what: `'${path}' is of another run`, problem: difference, hint });
  try {
    return { model: make(), outcome };
  } catch (error) {
    throw unreadable(error);
  }
};
