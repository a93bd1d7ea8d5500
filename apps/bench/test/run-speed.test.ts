import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';
import { layerSizes, readProblem } from '../src/peers/problem-data.ts';
import type { PeerDefinition } from '../src/speed/peers.ts';
import { writeProblems } from '../src/speed/problems.ts';
import { referenceSteps } from '../src/speed/reference.ts';
import { runSpeed } from '../src/speed/run-speed.ts';
import { emptyFolder, named, optionsFor } from './run-options.ts';

const scripted = (
  name: string,
  script: string,
  argument: string,
  env: Record<string, string> = {},
): PeerDefinition => ({
  name,
  title: name,
  command: async () => ({
    program: process.execPath,
    args: [fileURLToPath(new URL(`./peers/${script}.mjs`, import.meta.url)), argument],
    env,
  }),
});

test('real peers agree with the reference, are timed, and a page says so', async () => {
  const output = emptyFolder();
  const found = await runSpeed(optionsFor(output, {}));
  expect(found.complete).toBe(true);
  expect(found.results).toHaveLength(12);
  for (const { outcome } of found.results) {
    if (outcome.state !== 'measured') throw new Error(`${outcome.state}: ${outcome.reason}`);
    expect(outcome.seconds.rounds).toHaveLength(2);
    expect(outcome.seconds.lowest).toBeGreaterThan(0);
    expect(outcome.seconds.median).toBeLessThanOrEqual(outcome.seconds.highest);
    expect(outcome.peakMemory).toBeGreaterThan(2 ** 23);
  }
  expect(found.disagreements).toHaveLength(6);
  for (const { gradient, loss } of found.disagreements) {
    expect(gradient).toBeLessThan(1e-4);
    expect(loss).toBeLessThan(1e-4);
  }
  expect(found.attainableRate).toBeGreaterThan(0);
  expect(JSON.parse(readFileSync(join(output, 'results.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(found)));

  const html = readFileSync(join(output, 'index.html'), 'utf8');
  const { document } = parseHTML(html);
  expect([...document.querySelectorAll('h2')].map(({ textContent }) => textContent)).toEqual([
    'A step',
    'Scaling',
    'Memory',
    'All times',
    'How close to the machine',
    'How this was measured',
  ]);
  // Bars, and lines of time and of memory over the points, for each supervision.
  expect(document.querySelectorAll('svg')).toHaveLength(9);
  expect(document.querySelectorAll('script, link, iframe, img')).toHaveLength(0);
  expect(document.querySelector('pre')?.textContent).toBe('npm run bench -- <test>');
  expect(html).not.toMatch(/undefined|NaN|\[object/);
});

test('a peer that lies is reported as wrong, and not timed', async () => {
  const scratch = emptyFolder();
  const output = emptyFolder();
  const problem = writeProblems(scratch, { widths: [8], points: 64, supervisions: ['gradient'] }).problem(
    'gradient',
    8,
    64,
  );
  const { gradient, losses } = referenceSteps(
    { ...problem, ...readProblem(problem), sizes: layerSizes(8) },
    problem.learningRate,
  );
  const env = { HONEST_ANSWER: join(scratch, 'honest.json') };
  writeFileSync(env.HONEST_ANSWER, JSON.stringify({ losses, gradient: [...gradient] }));
  const peers = [
    ...named('simd'),
    scripted('gradient-liar', 'lying', 'gradient', env),
    scripted('loss-liar', 'lying', 'loss', env),
  ];
  const { results } = await runSpeed(
    optionsFor(output, { peers, points: [64, 100], supervisions: ['gradient'], rounds: 1 }),
  );
  expect(results.map(({ peer, case: { points }, outcome }) => [peer, points, outcome.state])).toEqual([
    ['simd', 64, 'measured'],
    ['gradient-liar', 64, 'wrong'],
    ['loss-liar', 64, 'wrong'],
    ['simd', 100, 'measured'],
    ['gradient-liar', 100, 'not run'],
    ['loss-liar', 100, 'not run'],
  ]);
  expect(results[1]?.outcome).toMatchObject({
    reason: 'its gradient differs from the float64 reference by 1.0e-2, relative',
  });
  expect(results[2]?.outcome).toMatchObject({ reason: expect.stringMatching(/^its loss is 1, and that of simd \d/) });
  expect(readFileSync(join(output, 'index.html'), 'utf8')).toContain('What was not measured');
});

test('peers that fail or are missing are results, and the others go on', async () => {
  const output = emptyFolder();
  const peers = [
    scripted('crashing', 'failing', 'exit'),
    scripted('absent', 'failing', 'unavailable'),
    ...named('cpu', 'pytorch', 'jax'),
  ];
  const python = join(output, 'no-python');
  const changes = { peers, python, points: [64], supervisions: ['value'], rounds: 1, stepLimit: 20 } as const;
  const { results, peers: states } = await runSpeed(optionsFor(output, changes));
  expect(results.map(({ peer, outcome }) => [peer, outcome.state])).toEqual([
    ['crashing', 'aborted'],
    ['absent', 'not run'],
    ['cpu', 'measured'],
    ['pytorch', 'not run'],
    ['jax', 'not run'],
  ]);
  expect(results[0]?.outcome).toMatchObject({ reason: 'the process ended with code 3: out of luck' });
  expect(results[1]?.outcome).toMatchObject({ reason: 'no such processor' });
  expect(states['pytorch']).toMatchObject({ unavailable: expect.stringContaining('ENOENT') });
});

test('steps beyond the limit are not timed, and larger cases not tried', async () => {
  const output = emptyFolder();
  const changes = {
    peers: named('cpu'),
    points: [64, 128],
    supervisions: ['value'],
    rounds: 1,
    stepLimit: 1e-6,
  } as const;
  const { results } = await runSpeed(optionsFor(output, changes));
  expect(results.map(({ outcome }) => outcome.state)).toEqual(['not run', 'not run']);
  expect(results[0]?.outcome).toMatchObject({
    reason: expect.stringMatching(/^a step would take about .* s, and the limit is 0.000001 s$/),
  });
  expect(results[1]?.outcome).toMatchObject({
    reason: expect.stringMatching(/^with 64 points already, a step would take/),
  });
});
