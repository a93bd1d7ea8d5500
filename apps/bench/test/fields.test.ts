import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRng } from '@neural-fields/core';
import { expect, test } from 'vitest';
import { fieldsPeers } from '../src/fields/peers.ts';
import { gridPoints, waveTargets, writeFields } from '../src/fields/problems.ts';
import type { FieldsResults } from '../src/fields/results.ts';
import { type FieldsSettings, runFields } from '../src/fields/run-fields.ts';
import { fieldsTable } from '../src/fields/table.ts';
import { fieldSizes, parametersOfOne, partOfField, readFields } from '../src/peers/fields-data.ts';
import type { PeerDefinition } from '../src/speed/peers.ts';
import { initialLayers } from '../src/speed/problems.ts';
import { lossGradient, referenceSteps } from '../src/speed/reference.ts';
import { emptyFolder, silent } from './run-options.ts';

const size = { fields: 2, width: 8, layers: 2 };

const named = (...names: string[]): PeerDefinition[] => fieldsPeers.filter(({ name }) => names.includes(name));

const optionsFor = (output: string, changes: Partial<FieldsSettings>): FieldsSettings => ({
  ...{ ...size, points: 30, rounds: 2, stepLimit: 20, output },
  peers: named('simd', 'simd-loop'),
  pythonFolder: join(output, 'python'),
  command: 'npm run bench -- fields <test>',
  signal: new AbortController().signal,
  progress: silent,
  ...changes,
});

/**
 * A peer that answers what is in a file, but for the gradient of the second of two fields, which it makes 1 % steeper.
 */
const liar = (answer: string): PeerDefinition => ({
  name: 'liar',
  title: 'liar',
  command: async () => ({
    program: process.execPath,
    args: [fileURLToPath(new URL('./peers/lying.mjs', import.meta.url)), 'half'],
    env: { HONEST_ANSWER: answer },
  }),
});

test('the loss of a field with several outputs is the mean over points and outputs, and its gradient that of differences', () => {
  const sizes = fieldSizes(size);
  const coords = gridPoints(5);
  const targets = waveTargets(coords, 1);
  const parameters = Float64Array.from(initialLayers(sizes, createRng(3)));
  const problem = { supervision: 'value', sizes, omega: 30, coords, targets, parameters } as const;
  const { loss, gradient } = lossGradient(problem);
  let expected = 0;
  for (let p = 0; p < 5; p++) {
    let h = [coords[2 * p] as number, coords[2 * p + 1] as number];
    let at = 0;
    sizes.slice(1).forEach((outFeatures, layer) => {
      const inFeatures = h.length;
      h = Array.from({ length: outFeatures }, (_, o) => {
        const products = h.map((value, i) => value * (parameters[at + i * outFeatures + o] as number));
        const z = products.reduce(
          (sum, product) => sum + product,
          parameters[at + inFeatures * outFeatures + o] as number,
        );
        return layer + 2 < sizes.length ? Math.sin(30 * z) : z;
      });
      at += (inFeatures + 1) * outFeatures;
    });
    for (const [k, value] of h.entries()) expected += (value - (targets[3 * p + k] as number)) ** 2 / 15;
  }
  expect(loss / expected).toBeCloseTo(1, 12);
  const shifted = (i: number, by: number): number =>
    lossGradient({ ...problem, parameters: parameters.map((value, k) => (k === i ? value + by : value)) }).loss;
  const scale = Math.max(...gradient.map(Math.abs));
  for (let i = 0; i < parameters.length; i += 5) {
    const difference = (shifted(i, 1e-6) - shifted(i, -1e-6)) / 2e-6;
    expect(Math.abs((gradient[i] as number) - difference) / scale).toBeLessThan(1e-6);
  }
});

test('each field has parameters and targets of its own, on the points of one grid', () => {
  expect([...gridPoints(3)]).toEqual([-0.5, -0.5, -0.5, 0.5, 0.5, -0.5]);
  const problem = writeFields(emptyFolder(), size)(30);
  const { parameters, targets, coords } = readFields(problem);
  expect([parameters, targets, coords].map(({ length }) => length)).toEqual([
    2 * parametersOfOne(size),
    2 * 30 * 3,
    60,
  ]);
  for (const all of [parameters, targets]) expect(partOfField(all, 2, 0)).not.toEqual(partOfField(all, 2, 1));
});

test('this project trains fields as the reference does, and a table says how fast', async () => {
  const output = emptyFolder();
  const found = await runFields(optionsFor(output, {}));
  expect(found.complete).toBe(true);
  for (const { name } of named('simd', 'simd-loop')) {
    expect((found.outcomes[name] as { readonly kernelShare: number }).kernelShare).toBeLessThanOrEqual(1);
    expect((found.outcomes[name] as { readonly kernelShare: number }).kernelShare).toBeGreaterThan(0);
    expect(found.outcomes[name]).toMatchObject({
      state: 'measured',
      seconds: { rounds: [expect.any(Number), expect.any(Number)] },
    });
    expect(found.disagreements[name]?.gradient).toBeLessThan(1e-4);
    expect(found.disagreements[name]?.loss).toBeLessThan(1e-5);
  }
  expect(JSON.parse(readFileSync(join(output, 'results.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(found)));
  const table = readFileSync(join(output, 'table.md'), 'utf8');
  expect(table).toContain('2 SIRENs 2-8-8-3, 30 points each');
  expect(table).not.toMatch(/undefined|NaN|\[object/);
});

test('one wrong field among others is found', async () => {
  const scratch = emptyFolder();
  const problem = writeFields(scratch, size)(16);
  const { parameters, coords, targets } = readFields(problem);
  const honest = [0, 1].map(field =>
    referenceSteps(
      {
        ...{ supervision: 'value', sizes: fieldSizes(size), omega: problem.omega, coords },
        parameters: partOfField(parameters, 2, field),
        targets: partOfField(targets, 2, field),
      },
      problem.learningRate,
    ),
  );
  const losses = [0, 1, 2].map(step => honest.reduce((sum, each) => sum + (each.losses[step] as number), 0));
  const answer = join(scratch, 'honest.json');
  writeFileSync(answer, JSON.stringify({ losses, gradient: honest.flatMap(({ gradient }) => [...gradient]) }));
  const { outcomes } = await runFields(optionsFor(emptyFolder(), { points: 16, peers: [liar(answer)] }));
  expect(outcomes['liar']).toEqual({
    state: 'wrong',
    reason: 'its gradient differs from the float64 reference by 1.0e-2, relative',
  });
});

test('the table has medians, quartiles and ratios of rounds, and says who is absent', () => {
  const outcome = (rounds: number[]): FieldsResults['outcomes'][string] => ({
    ...{ state: 'measured', firstStep: 1, peakMemory: 2 ** 20, loss: 1 },
    seconds: { median: 0.2, lowest: 0.1, highest: 0.3, rounds },
  });
  const table = fieldsTable({
    ...{ command: '', complete: true, seconds: 1, rounds: 3, stepLimit: 1, foreignLoad: [0], disagreements: {} },
    environment: { date: '', processor: 'abacus', cores: 2, memory: 1, system: 'Linux 6', node: 'v20' },
    size: { fields: 100, points: 10, width: 8, layers: 2 },
    peers: { simd: { versions: { node: '20' }, threads: 2 } },
    outcomes: {
      simd: outcome([0.1, 0.2, 0.3]),
      jax: outcome([0.3, 0.2, 0.6]),
      'pytorch-bmm': { state: 'not run', reason: 'python3 is not installed' },
    },
  });
  expect(table).toContain('abacus, 2 cores, Linux 6, node 20.');
  expect(table).toContain('| `simd` | 200 ms | 150 ms to 250 ms | 500 |  |');
  // 3, 1 and 2 times as long.
  expect(table).toContain('| `jax` | 200 ms | 250 ms to 450 ms | 500 | 2.00 x |');
  expect(table).toContain('- `pytorch-bmm`, not run: python3 is not installed');
});
