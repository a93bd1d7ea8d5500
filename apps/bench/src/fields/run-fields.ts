/** @file The whole run with many small fields. */
import { totalmem } from 'node:os';
import { formatCount } from '@neural-fields/app-kit';
import { readForeignLoad } from '../speed/environment.ts';
import { measureCase, type Participant } from '../speed/measure-case.ts';
import type { Outcome } from '../speed/results.ts';
import { MEMORY_SHARE, type RunSettings, withRunFrame } from '../speed/run-frame.ts';
import { writeFields } from './problems.ts';
import type { FieldsResults } from './results.ts';
import { fieldsTable } from './table.ts';
import { CHECKED_POINTS, createFieldsVerifier } from './verifier.ts';

/** What is measured. */
export interface FieldsSettings extends RunSettings {
  readonly fields: number;
  readonly points: number;
  readonly width: number;
  readonly layers: number;
}

/**
 * Measures, and writes `results.json` and `table.md` into the folder. When stopped, it writes the results so far and
 * then throws the signal's reason.
 *
 * @throws InputError when the folder cannot be used, or when no peer is available
 */
export const runFields = async (settings: FieldsSettings): Promise<FieldsResults> => {
  const { fields, points, width, layers, rounds, stepLimit, signal, progress, command } = settings;
  let found: FieldsResults | undefined;
  await withRunFrame(settings, async ({ environment, commands, states, scratch, seconds, save }) => {
    const problemOf = writeFields(scratch, { fields, width, layers });
    const whole = problemOf(points);
    const verifier = createFieldsVerifier(scratch, problemOf(CHECKED_POINTS), whole);
    const participants = [...commands].map(([name, command]): Participant => ({ name, command }));
    const foreignLoad = [await readForeignLoad()];
    const measured = await measureCase({ problem: whole, verify: verifier.verify }, participants, {
      ...{ rounds, stepLimit, signal },
      memory: MEMORY_SHARE * totalmem(),
      report: (peer, doing) => progress.advance(`${formatCount(fields)} fields: ${peer} ${doing}`),
    });
    foreignLoad.push(await readForeignLoad());
    const outcomes: Record<string, Outcome> = {};
    for (const [name, state] of Object.entries(states)) {
      const outcome: Outcome | undefined =
        'unavailable' in state ? { state: 'not run', reason: state.unavailable } : measured.get(name);
      if (outcome !== undefined) outcomes[name] = outcome;
    }
    found = {
      ...{ command, complete: !signal.aborted, environment, rounds, stepLimit, peers: states, foreignLoad, outcomes },
      size: { fields, points, width, layers },
      seconds: seconds(),
      disagreements: verifier.disagreements,
    };
    await save(found, { 'table.md': `${fieldsTable(found)}\n` });
    signal.throwIfAborted();
  });
  return found as FieldsResults;
};
