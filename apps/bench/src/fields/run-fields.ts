/** @file The whole run with many small fields. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomically } from '@neural-fields/core/node';
import { InputError } from '../errors.ts';
import { formatCount } from '../speed/describe.ts';
import { readEnvironment, readForeignLoad } from '../speed/environment.ts';
import { measureCase, type Participant } from '../speed/measure-case.ts';
import { describeAbsence, makeFolder } from '../speed/preconditions.ts';
import type { Outcome } from '../speed/results.ts';
import { MEMORY_SHARE } from '../speed/run-speed.ts';
import { type StartOptions, startPeers } from '../speed/start-peers.ts';
import { writeFields } from './problems.ts';
import type { FieldsResults } from './results.ts';
import { fieldsTable } from './table.ts';
import { CHECKED_POINTS, createFieldsVerifier } from './verifier.ts';

/** What is measured, and where the results go. */
export interface FieldsOptions extends StartOptions {
  readonly fields: number;
  readonly points: number;
  readonly width: number;
  readonly layers: number;
  readonly rounds: number;
  /** Seconds. */
  readonly stepLimit: number;
  /** Made when it is missing. */
  readonly output: string;
  /** As it was given, for the results. */
  readonly command: string;
}

/**
 * Measures, and writes `results.json` and `table.md` into the folder. When it is stopped it writes what there is, and
 * then throws the signal's reason.
 *
 * @throws InputError when the folder cannot be made or no peer can be had
 */
export const runFields = async (options: FieldsOptions): Promise<FieldsResults> => {
  const { fields, points, width, layers, output, rounds, stepLimit, signal, progress, command } = options;
  const begun = performance.now();
  makeFolder(output);
  const environment = readEnvironment();
  const { commands, states } = await startPeers(options);
  if (commands.size === 0) throw new InputError(describeAbsence(states, options));
  const scratch = mkdtempSync(join(tmpdir(), 'neural-fields-bench-'));
  try {
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
    const found: FieldsResults = {
      ...{ command, complete: !signal.aborted, environment, rounds, stepLimit, peers: states, foreignLoad, outcomes },
      size: { fields, points, width, layers },
      seconds: (performance.now() - begun) / 1000,
      disagreements: verifier.disagreements,
    };
    const text = new TextEncoder();
    await writeFileAtomically(join(output, 'results.json'), text.encode(`${JSON.stringify(found, null, 2)}\n`));
    await writeFileAtomically(join(output, 'table.md'), text.encode(`${fieldsTable(found)}\n`));
    signal.throwIfAborted();
    return found;
  } finally {
    progress.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
};
