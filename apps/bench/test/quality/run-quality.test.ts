import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { qualityPeerDefinitions } from '../../src/quality/peers.ts';
import type { Family, Plan } from '../../src/quality/plan.ts';
import { type QualitySettings, runQuality } from '../../src/quality/run-quality.ts';
import { samplings } from '../../src/quality/trial.ts';
import type { PeerDefinition } from '../../src/speed/peers.ts';
import { emptyFolder, silent } from '../run-options.ts';

const base: Family = { peers: ['simd'], optimizer: 'adam', rates: [5e-3], schedule: 'cosine', sampling: 'all' };

const planOf = (families: readonly Partial<Family>[], seeds: readonly number[] = [0]): Plan => ({
  ...{ signals: [{ name: 'flower', size: 16 }], network: { width: 32, layers: 1 }, budget: { steps: 40 }, seeds },
  families: families.map(family => ({ ...base, ...family })),
});

const optionsFor = (output: string, changes: Partial<QualitySettings>): QualitySettings => ({
  peers: qualityPeerDefinitions.filter(({ name }) => name === 'simd'),
  ...{ rounds: 2, stepLimit: 1, evaluations: 8, output, plan: planOf([{}]) },
  pythonFolder: join(output, 'python'),
  command: 'npm run bench -- quality <test>',
  signal: new AbortController().signal,
  progress: silent,
  ...changes,
});

test('every way to choose points fits the signal, and the budget is kept', { timeout: 120_000 }, async () => {
  const output = emptyFolder();
  const families = samplings.map(sampling => ({
    sampling,
    ...(sampling !== 'all' && sampling !== 'evos' && { batch: 16 }),
  }));
  const plan = planOf(families);
  const { results, failures, complete, signals } = await runQuality(optionsFor(output, { plan }));
  expect(failures).toEqual([]);
  expect(complete).toBe(true);
  expect(results.map(({ trial }) => trial.method.sampling)).toEqual(samplings);
  for (const { curve, final, steps } of results) {
    expect(curve.map(({ step }) => step)).toEqual([5, 10, 15, 20, 25, 30, 35, 40]);
    expect(steps).toBe(40);
    expect(final.psnr).toBe(curve.at(-1)?.psnr);
    expect(final.psnr).toBeGreaterThan((curve[0]?.psnr as number) + 1);
    expect(final.between).toBeLessThan(final.psnr);
  }
  expect(signals).toMatchObject([{ name: 'flower', size: 16 }]);
  expect(JSON.parse(readFileSync(join(output, 'results.json'), 'utf8')).results).toHaveLength(samplings.length);
  for (const file of ['index.html', 'report.md'])
    expect(readFileSync(join(output, file), 'utf8')).toContain('simd adam cosine 5e-3, evos');
});

test('a run that is stopped keeps what is done, and continues', { timeout: 180_000 }, async () => {
  const output = emptyFolder();
  const plan = planOf([{}], [0, 1, 2]);
  const stop = new AbortController();
  const reason = new Error('enough');
  let turns = 0;
  const advance = (): void => {
    // In the middle of the second trial.
    if (++turns === 12 + 3) stop.abort(reason);
  };
  const first = runQuality(optionsFor(output, { plan, signal: stop.signal, progress: { ...silent, advance } }));
  await expect(first).rejects.toBe(reason);
  const kept = readdirSync(join(output, 'trials'));
  expect(kept).toHaveLength(1);
  expect(JSON.parse(readFileSync(join(output, 'results.json'), 'utf8'))).toMatchObject({ complete: false });
  const done = JSON.parse(readFileSync(join(output, 'trials', kept[0] as string), 'utf8'));
  let started = 0;
  const second = await runQuality(
    optionsFor(output, {
      plan,
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
  const again = await runQuality(optionsFor(output, { plan, progress: { ...silent, log } }));
  expect(lines.filter(line => line.includes('measured before'))).toEqual([
    '1 trial measured before, but with other code, programs, signals or on another machine: measured again',
  ]);
  expect(again.results.slice(1)).toEqual(second.results.slice(1));
  expect(again.results[0]?.wall).not.toBe(done.wall);
  // A file that is not whole is no result; with --fresh none is used.
  writeFileSync(join(output, 'trials', kept[0] as string), '{"trial":');
  expect((await runQuality(optionsFor(output, { plan: planOf([{}]) }))).results[0]?.wall).toBeGreaterThan(0);
  const fresh = await runQuality(optionsFor(output, { plan: planOf([{}], [1]), fresh: true }));
  expect(fresh.results[0]?.curve.map(({ psnr }) => psnr)).toEqual(second.results[1]?.curve.map(({ psnr }) => psnr));
});

test('steps are timed again without the fits', { timeout: 180_000 }, async () => {
  const output = emptyFolder();
  const first = await runQuality(optionsFor(output, { plan: planOf([{}]) }));
  const again = await runQuality(optionsFor(output, { plan: planOf([{}]) }));
  const retimed = await runQuality(optionsFor(output, { plan: planOf([{ rates: [1e-3, 5e-3] }]), retime: true }));
  expect(first.times).toMatchObject([{ case: { method: { peer: 'simd', optimizer: 'adam', sampling: 'all' } } }]);
  expect(again.times).toEqual(first.times);
  expect(retimed.times).toHaveLength(1);
  expect(retimed.times[0]?.date).not.toBe(first.times[0]?.date);
  expect(retimed.times[0]?.step.rounds).toHaveLength(2);
  expect(retimed.results.find(({ trial }) => trial.method.rate === 5e-3)).toEqual(first.results[0]);
});

test('a budget in seconds becomes steps, a divergence is a result, and a dead peer is none', {
  timeout: 180_000,
}, async () => {
  const dead: PeerDefinition = {
    ...{ name: 'native', title: 'one that dies' },
    command: async () => ({
      program: process.execPath,
      args: [fileURLToPath(new URL('../peers/failing.mjs', import.meta.url)), 'exit'],
    }),
  };
  const simd = qualityPeerDefinitions.filter(({ name }) => name === 'simd');
  const seconds = await runQuality(
    optionsFor(emptyFolder(), { plan: { ...planOf([{}]), budget: { seconds: 0.3 } }, peers: simd }),
  );
  expect(seconds.results[0]?.steps).toBeGreaterThan(5);
  expect(seconds.results[0]?.curve.at(-1)?.step).toBe(seconds.results[0]?.steps);
  const families: Partial<Family>[] = [
    { rates: [1e30], schedule: 'constant' },
    { rates: [1e-3, 2e-3, 4e-3], peers: ['native', 'simd'] },
  ];
  const { results, failures, timeFailures } = await runQuality(
    optionsFor(emptyFolder(), { plan: planOf(families), peers: [...simd, dead] }),
  );
  const reason = 'the process ended with code 3: out of luck';
  expect(failures.map(failure => [failure.trial.method.peer, failure.trial.method.rate, failure.reason])).toEqual([
    ['native', 1e-3, reason],
    ['native', 2e-3, reason],
    ['native', 4e-3, reason],
  ]);
  expect(timeFailures).toMatchObject([{ case: { method: { peer: 'native' } }, reason }]);
  expect(results[0]?.diverged).toBeDefined();
  // The next program tries the rates.
  const rates = results.slice(1).map(({ trial }) => trial.method.rate);
  expect(rates).toEqual(expect.arrayContaining([1e-3, 2e-3, 4e-3]));
});

test('a size beyond the original is an error before any fit', async () => {
  const plan = { ...planOf([{}]), signals: [16, 4000].map(size => ({ name: 'flower', size })) };
  const run = runQuality(optionsFor(emptyFolder(), { plan }));
  await expect(run).rejects.toThrow('--size: wanted at most 403 for flower, got 4000');
});

const installed = fileURLToPath(new URL('../../../../out/bench-python', import.meta.url));

test('PyTorch fits to the same quality, step by step', { timeout: 300_000 }, async context => {
  if (!existsSync(join(installed, 'pytorch', 'installed.txt')))
    return context.skip('needs pytorch, which `npm run bench` puts into out/bench-python');
  const output = emptyFolder();
  mkdirSync(join(output, 'results'));
  const peers: Family['peers'] = ['simd', 'pytorch'];
  const plan = planOf([{ peers }, { peers, optimizer: 'muon', rates: [4e-3] }]);
  const started = qualityPeerDefinitions.filter(({ name }) => name !== 'native');
  const settings = { plan, peers: started, pythonFolder: installed };
  const { results, times } = await runQuality(optionsFor(join(output, 'results'), settings));
  const curves = results.map(({ curve, final }) => [...curve, final].map(({ psnr }) => psnr));
  const [adam, torchAdam, muon, torchMuon] = curves as [number[], number[], number[], number[]];
  const distances = (own: number[], other: number[]): number[] => own.map((psnr, i) => Math.abs(psnr - other[i]!));
  // In float32 the runs drift apart by rounding; the first evaluations are equal to it.
  for (const [i, distance] of distances(adam, torchAdam).entries()) expect(distance).toBeLessThan(i < 2 ? 1e-3 : 0.1);
  // PyTorch orthogonalises in bfloat16.
  for (const distance of distances(muon, torchMuon)) expect(distance).toBeLessThan(0.5);
  for (const { choice } of times.filter(({ case: timed }) => timed.method.peer === 'pytorch'))
    expect(Object.keys(choice)).toEqual(['chunk', 'threads', 'compiled']);
});
