/** @file A fit that has ended, as a file: the field, and in its metadata what was fitted and how it went. */
import { existsSync } from 'node:fs';
import { explainedWithin, InputError } from '@neural-fields/app-kit';
import { readInput } from '@neural-fields/app-kit/files';
import { SIGNAL_KEY } from '@neural-fields/app-kit/signals';
import { encodeField, type Field, fieldFromData } from '@neural-fields/core';
import { decodeFieldData } from '@neural-fields/core/files';
import { writeFileAtomically } from '@neural-fields/core/node';
import type { FitPlan } from './experiment.ts';
import { type FitIdentity, firstDifference } from './fit-identity.ts';

/** The key of the metadata under which the outcome stands, as JSON. */
const OUTCOME_KEY = 'reproduce';

/** How a fit went. */
export interface Outcome {
  readonly identity: FitIdentity;
  /** The updates behind the parameters. */
  readonly steps: number;
  readonly seconds: number;
  readonly diverged?: string | undefined;
  /** How often its loss diverged and it resumed with half the learning rate; absent for never. */
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

/** Saves a fit that has ended. */
export const writeFinishedFit = async (path: string, plan: FitPlan, field: Field, outcome: Outcome): Promise<void> => {
  const metadata = {
    [OUTCOME_KEY]: JSON.stringify(outcome),
    ...(plan.signal && { [SIGNAL_KEY]: JSON.stringify(plan.signal) }),
  };
  await writeFileAtomically(path, await encodeField(field, metadata));
};

/**
 * Reads a fit that has ended; `undefined` when there is none.
 *
 * @throws InputError when the file is of another fit, or none
 */
export const readFinishedFit = async (
  path: string,
  plan: FitPlan,
  identity: FitIdentity,
): Promise<{ readonly field: Field; readonly outcome: Outcome } | undefined> => {
  if (!existsSync(path)) return undefined;
  const hint = "give that run's options, name another folder with --output, or start again with --restart";
  const bytes = await readInput(path);
  const { metadata, ...data } = (() => {
    try {
      return decodeFieldData(bytes, plan.extensions);
    } catch (error) {
      throw new InputError({ ...explainedWithin(`cannot read '${path}'`, error), hint }, { cause: error });
    }
  })();
  const outcome = readOutcome(metadata[OUTCOME_KEY]);
  if (outcome === undefined)
    throw new InputError({ what: `'${path}'`, problem: 'this field was not written by this command', hint });
  const difference = firstDifference(outcome.identity, identity);
  if (difference !== undefined)
    throw new InputError({ what: `'${path}' is of another run`, problem: difference, hint });
  return { field: fieldFromData(data, plan.extensions), outcome };
};
