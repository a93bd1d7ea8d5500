import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { qualityPeerDefinitions } from '../../src/quality/peers.ts';
import { type QualitySettings, runQuality } from '../../src/quality/run-quality.ts';
import { type Method, samplings, type Trial } from '../../src/quality/trial.ts';
import type { PeerDefinition } from '../../src/speed/peers.ts';
import { emptyFolder, silent } from '../run-options.ts';

const base: Method = { peer: 'simd', optimizer: 'adam', rate: 5e-3, schedule: 'cosine', sampling: 'all' };

const trialOf = (method: Partial<Method>, seed = 0): Trial => ({
  ...{ signal: 'flower', size: 16, network: { width: 32, layers: 1 }, budget: { steps: 40 }, seed },
  method: { ...base, ...method },
});

const optionsFor = (output: string, changes: Partial<QualitySettings>): QualitySettings => ({
  peers: qualityPeerDefinitions.filter(({ name }) => name === 'simd'),
  ...{ rounds: 2, stepLimit: 1, evaluations: 8, output, trials: [trialOf({})] },
  pythonFolder: join(output, 'python'),
  command: 'npm run bench -- quality <test>',
  signal: new AbortController().signal,
  progress: silent,
  ...changes,
});

test('every way to choose points fits the signal, and the budget is kept', { timeout: 120_000 }, async () => {
  const output = emptyFolder();
  const trials = samplings.map(sampling =>
    trialOf({ sampling, ...(sampling !== 'all' && sampling !== 'evos' && { batch: 16 }) }),
  );
  const { results, failures, complete, signals } = await runQuality(optionsFor(output, { trials }));
  expect(failures).toEqual([]);
  expect(complete).toBe(true);
  expect(results.map(({ trial }) => trial)).toEqual(trials);
  for (const { curve, final, steps } of results) {
    expect(curve.map(({ step }) => step)).toEqual([5, 10, 15, 20, 25, 30, 35, 40]);
    expect(steps).toBe(40);
    expect(final.psnr).toBe(curve.at(-1)?.psnr);
    expect(final.psnr).toBeGreaterThan((curve[0]?.psnr as number) + 1);
    expect(final.between).toBeLessThan(final.psnr);
  }
  expect(signals).toMatchObject([{ name: 'flower', size: 16 }]);
  expect(JSON.parse(readFileSync(join(output, 'results.json'), 'utf8')).results).toHaveLength(trials.length);
  for (const file of ['index.html', 'report.md'])
    expect(readFileSync(join(output, file), 'utf8')).toContain('simd adam cosine 5e-3, evos');
});

test('a run that is stopped keeps what is done, and continues', { timeout: 60_000 }, async () => {
  const output = emptyFolder();
  const trials = [trialOf({}), trialOf({}, 1), trialOf({}, 2)];
  const stop = new AbortController();
  const reason = new Error('enough');
  let turns = 0;
  const advance = (): void => {
    // In the middle of the second trial.
    if (++turns === 12 + 3) stop.abort(reason);
  };
  const first = runQuality(optionsFor(output, { trials, signal: stop.signal, progress: { ...silent, advance } }));
  await expect(first).rejects.toBe(reason);
  const kept = readdirSync(join(output, 'trials'));
  expect(kept).toHaveLength(1);
  expect(JSON.parse(readFileSync(join(output, 'results.json'), 'utf8'))).toMatchObject({ complete: false });
  const done = JSON.parse(readFileSync(join(output, 'trials', kept[0] as string), 'utf8'));
  let started = 0;
  const second = await runQuality(
    optionsFor(output, {
      trials,
      progress: { ...silent, advance: doing => void (doing.endsWith('starts') && started++) },
    }),
  );
  expect(started).toBe(2);
  expect(second.results[0]).toEqual(done);
  expect(second.results).toHaveLength(3);
  // Results of other code are not used, and the log says so.
  const [prefix] = (kept[0] as string).split('-');
  const other = join(output, 'trials', `${prefix}-${'0'.repeat(24)}.json`);
  renameSync(join(output, 'trials', kept[0] as string), other);
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const again = await runQuality(optionsFor(output, { trials, progress: { ...silent, log } }));
  expect(lines.filter(line => line.includes('measured before'))).toEqual([
    '1 trial measured before, but with other code, programs, signals or on another machine: measured again',
  ]);
  expect(again.results.slice(1)).toEqual(second.results.slice(1));
  expect(again.results[0]?.wall).not.toBe(done.wall);
  // A file that is not whole is no result; with --fresh none is used.
  writeFileSync(join(output, 'trials', kept[0] as string), '{"trial":');
  expect((await runQuality(optionsFor(output, { trials: [trialOf({})] }))).results[0]?.wall).toBeGreaterThan(0);
  const fresh = await runQuality(optionsFor(output, { trials: [trialOf({}, 1)], fresh: true }));
  expect(fresh.results[0]?.curve.map(({ psnr }) => psnr)).toEqual(second.results[1]?.curve.map(({ psnr }) => psnr));
});

test('steps are timed again without the fits', { timeout: 60_000 }, async () => {
  const output = emptyFolder();
  const first = await runQuality(optionsFor(output, { trials: [trialOf({})] }));
  const again = await runQuality(optionsFor(output, { trials: [trialOf({})] }));
  const retimed = await runQuality(
    optionsFor(output, { trials: [trialOf({}), trialOf({ rate: 1e-3 })], retime: true }),
  );
  expect(first.times).toMatchObject([{ case: { method: { peer: 'simd', optimizer: 'adam', sampling: 'all' } } }]);
  expect(again.times).toEqual(first.times);
  expect(retimed.times).toHaveLength(1);
  expect(retimed.times[0]?.date).not.toBe(first.times[0]?.date);
  expect(retimed.times[0]?.step.rounds).toHaveLength(2);
  expect(retimed.results[0]).toEqual(first.results[0]);
});

test('a budget in seconds becomes steps, a divergence is a result, and a dead peer is none', {
  timeout: 60_000,
}, async () => {
  const dead: PeerDefinition = {
    ...{ name: 'native', title: 'one that dies' },
    command: async () => ({
      program: process.execPath,
      args: [fileURLToPath(new URL('../peers/failing.mjs', import.meta.url)), 'exit'],
    }),
  };
  const trials: Trial[] = [
    { ...trialOf({}), budget: { seconds: 0.3 } },
    trialOf({ rate: 1e30, schedule: 'constant' }),
    trialOf({ peer: 'native' }),
  ];
  const simd = qualityPeerDefinitions.filter(({ name }) => name === 'simd');
  const { results, failures } = await runQuality(optionsFor(emptyFolder(), { trials, peers: [...simd, dead] }));
  expect(failures).toEqual([{ trial: trials[2], reason: 'the process ended with code 3: out of luck' }]);
  expect(results[0]?.steps).toBeGreaterThan(5);
  expect(results[0]?.curve.at(-1)?.step).toBe(results[0]?.steps);
  expect(results[1]?.diverged).toBeDefined();
});

test('a size beyond the original is an error before any fit', async () => {
  const trials = [trialOf({}), { ...trialOf({}), size: 4000 }];
  const run = runQuality(optionsFor(emptyFolder(), { trials }));
  await expect(run).rejects.toThrow('--size: wanted at most 403 for flower, got 4000');
});

const installed = fileURLToPath(new URL('../../../../out/bench-python', import.meta.url));

test('PyTorch fits to the same quality, step by step', { timeout: 300_000 }, async context => {
  if (!existsSync(join(installed, 'pytorch', 'installed.txt')))
    return context.skip('needs pytorch, which `npm run bench` puts into out/bench-python');
  const output = emptyFolder();
  mkdirSync(join(output, 'results'));
  const trials = [trialOf({}), trialOf({ peer: 'pytorch' })];
  const peers = qualityPeerDefinitions.filter(({ name }) => name !== 'native');
  const settings = { trials, peers, pythonFolder: installed };
  const { results } = await runQuality(optionsFor(join(output, 'results'), settings));
  const [own, other] = results.map(({ curve, final }) => [...curve, final].map(({ psnr }) => psnr));
  // In float32 the runs drift apart by rounding; the first evaluations are equal to it.
  for (const [i, psnr] of own!.entries())
    expect(Math.abs(psnr - (other?.[i] as number))).toBeLessThan(i < 2 ? 1e-3 : 0.1);
});
