/** @file This project as a peer that trains many small fields: all at once, or one after the other. */
import type { FieldsProblem } from '../protocol.ts';
import { type BackendName, describeBackend, loadBackend } from './backends.ts';
import { fieldsBatch } from './fields-batch.ts';
import { fieldsLoop } from './fields-loop.ts';
import type { FieldsProgram, FieldsRun } from './fields-program.ts';
import { startKernelClock } from './kernel-clock.ts';
import type { CheckedSteps, Peer } from './peer.ts';

const programs: Readonly<Record<string, FieldsProgram>> = { batch: fieldsBatch, loop: fieldsLoop };

const check = async ({ start, gradient }: FieldsProgram, problem: FieldsProblem): Promise<CheckedSteps> => {
  const found = await gradient(problem);
  const run = start(problem);
  const losses: number[] = [];
  let seconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const begin = performance.now();
    losses.push(await run.steps(1));
    if (i > 0) seconds = Math.min(seconds, (performance.now() - begin) / 1000);
  }
  await run.dispose();
  return { gradient: found, losses, seconds };
};

/**
 * Makes the peer of a backend.
 *
 * @param way `batch`, all at once, or `loop`, one after the other
 * @throws Error with the reason when the backend cannot be used here
 */
export const createFieldsPeer = async (backend: BackendName, way: string): Promise<Peer<FieldsProblem>> => {
  const program = programs[way];
  if (program === undefined)
    throw new RangeError(`peer: fields are trained by ${Object.keys(programs).join(', ')}, got '${way}'`);
  await loadBackend(backend);
  // Only the kernels of these backends are done when they return.
  const clock = ['native', 'simd'].includes(backend) ? startKernelClock(backend) : undefined;
  let run: FieldsRun | undefined;
  return {
    description: await describeBackend(backend),
    ...(clock && { kernelSeconds: clock.seconds }),
    check: problem => check(program, problem),
    prepare: async problem => {
      await run?.dispose();
      run = program.start(problem);
      return program.minSteps === undefined ? {} : { minSteps: program.minSteps };
    },
    steps: async count => {
      if (run === undefined) throw new Error('nothing was prepared');
      return run.steps(count);
    },
  };
};
