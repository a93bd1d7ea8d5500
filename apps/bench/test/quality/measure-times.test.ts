import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { measureTimes, type TimeOptions } from '../../src/quality/measure-times.ts';
import { signalNamed } from '../../src/quality/signals.ts';
import { createStepTimeStore } from '../../src/quality/step-time.ts';
import type { TimedCase } from '../../src/quality/timed-case.ts';
import type { QualityPeer } from '../../src/quality/trial.ts';
import type { PeerCommand } from '../../src/speed/peer-process.ts';
import { emptyFolder } from '../run-options.ts';

const clock = fileURLToPath(new URL('../peers/clock.mjs', import.meta.url));

/** A peer whose first step, second and third, warm-up and rounds take these seconds. */
const taking = (...seconds: number[]): PeerCommand => ({
  program: process.execPath,
  args: [clock, ...seconds.map(String)],
});

const caseOf = (peer: QualityPeer, optimizer: 'adam' | 'soap' = 'adam'): TimedCase => ({
  ...{ signal: 'flower', size: 16, network: { width: 8, layers: 1 } },
  method: { peer, optimizer, sampling: 'all' },
});

const optionsOf = async (commands: Record<string, PeerCommand>, changes: Partial<TimeOptions> = {}) => ({
  ...{ commands: new Map(Object.entries(commands)), signal: await signalNamed('flower').create(16) },
  ...{ scratch: emptyFolder(), rounds: 3, abort: new AbortController().signal },
  environmentOf: (peer: string) => ({ peer }),
  report: () => undefined,
  ...changes,
});

test('the time of a step is the median of rounds in turns, and the first step counts apart', async () => {
  const done: string[] = [];
  const commands = { native: taking(2.05, 0.06, 0.05, 9, 0.05, 0.5, 0.04), simd: taking(0.2, 0.2, 0.2, 9, 0.2) };
  const options = await optionsOf(commands, { report: doing => done.push(doing) });
  const { times, failures } = await measureTimes([caseOf('native'), caseOf('simd')], options);
  expect(failures).toEqual([]);
  const [own, other] = times;
  expect(own?.step.rounds).toEqual([0.05, 0.5, 0.04].map(seconds => expect.closeTo(seconds, 12)));
  expect(own).toMatchObject({ case: caseOf('native'), choice: { chunk: 7 }, environment: { peer: 'native' } });
  expect(own?.step.median).toBeCloseTo(0.05, 12);
  expect(own?.first).toBeCloseTo(2, 12);
  expect(other).toMatchObject({ first: 0, choice: { chunk: 7 } });
  expect(done.filter(each => each.includes('round'))).toEqual(
    [1, 2, 3].flatMap(round => ['native', 'simd'].map(peer => `${peer} adam, all: timed, round ${round} of 3`)),
  );
});

test('a peer that dies has no time, and the others do', async () => {
  const options = await optionsOf({ native: taking(1, 0.1, 0.1, 0.1, -1), simd: taking(1, 0.1) });
  const cases = [caseOf('native'), caseOf('simd', 'soap'), caseOf('pytorch')];
  const { times, failures } = await measureTimes(cases, options);
  expect(times.map(each => each.case)).toEqual([caseOf('simd', 'soap')]);
  expect(failures).toEqual([
    { case: caseOf('pytorch'), reason: 'its peer is not available' },
    { case: caseOf('native'), reason: 'the process ended with code 3' },
  ]);
  const reason = new Error('enough');
  const stopped = measureTimes(cases, { ...options, abort: AbortSignal.abort(reason) });
  await expect(stopped).rejects.toBe(reason);
});

test('times are kept by case, machine and programs', async () => {
  const options = await optionsOf({ simd: taking(1, 0.1) });
  const { times } = await measureTimes([caseOf('simd')], options);
  const folder = emptyFolder();
  await createStepTimeStore(folder, options.environmentOf).write(times);
  const store = createStepTimeStore(folder, options.environmentOf);
  expect(store.read(caseOf('simd'))).toEqual(times[0]);
  expect(store.read(caseOf('simd', 'soap'))).toBeUndefined();
  expect(createStepTimeStore(folder, () => ({ peer: 'other' })).read(caseOf('simd'))).toBeUndefined();
});
