/** @file The contract of every source of points: the fit loop may split a step into any chunks. */
import { createRng, type PointBatch, type PointSource } from '@neural-fields/core';
import fc from 'fast-check';
import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';
import { audioSamples } from '../../src/points/audio-samples.ts';
import { ball } from '../../src/points/ball.ts';
import { boundary } from '../../src/points/boundary.ts';
import { gaussianCloud } from '../../src/points/gaussian-cloud.ts';
import { pixels } from '../../src/points/pixels.ts';
import { shuffledPixels } from '../../src/points/shuffled-pixels.ts';
import { stratified } from '../../src/points/stratified.ts';
import { stratifiedSamples } from '../../src/points/stratified-samples.ts';
import { subset } from '../../src/points/subset.ts';
import { uniform } from '../../src/points/uniform.ts';
import { uniformPixels } from '../../src/points/uniform-pixels.ts';
import { union } from '../../src/points/union.ts';
import { withReplacement } from '../../src/points/with-replacement.ts';
import { withTime } from '../../src/points/with-time.ts';

const FIRST = { step: 1, steps: 1 };

const image = ndarray(
  Float32Array.from({ length: 19 * 13 * 3 }, (_, i) => ((i * 37) % 101) / 100),
  [19, 13, 3],
);
const mask = ndarray(
  Uint8Array.from({ length: 19 * 13 }, (_, i) => Number(i % 3 === 0)),
  [19, 13],
);

const BOX = [
  [0, 1],
  [-1, 1],
] as const;

const SOURCES: readonly (readonly [name: string, source: PointSource, fixed: boolean])[] = [
  ['pixels', pixels(image), true],
  ['audioSamples', audioSamples({ samples: ndarray(new Float32Array(200).fill(0.5), [100, 2]) }), true],
  ['subset by mask', subset(pixels(image), { mask }), true],
  ['subset by fraction', subset(pixels(image), { fraction: 0.4, seed: 3 }), true],
  ['uniformPixels', uniformPixels(image, { count: 300 }), false],
  ['withReplacement of a subset', withReplacement(subset(pixels(image), { mask }), { count: 150 }), false],
  ['shuffledPixels', shuffledPixels(image, { count: 200 }), false],
  ['stratifiedSamples', stratifiedSamples(image, { counts: [11, 16] }), false],
  [
    'uniform',
    uniform(
      [
        [0, 1],
        [-1, 1],
        [5, 6],
      ],
      { count: 200 },
    ),
    false,
  ],
  [
    'stratified',
    stratified(
      [
        [0, 1],
        [-1, 1],
      ],
      { counts: [9, 20] },
    ),
    false,
  ],
  ['boundary', boundary(BOX, { count: 200 }), false],
  ['ball', ball([0.9, 0], { count: 200, radius: 0.3, box: BOX }), false],
  ['gaussianCloud', gaussianCloud([0.9, 0], { count: 200, deviation: 0.3, box: BOX }), false],
  ['union', union({ inside: uniform(BOX, { count: 90 }), edge: boundary(BOX, { count: 110 }) }), false],
  ['union of fixed sets', union({ all: pixels(image), some: subset(pixels(image), { mask }) }), true],
  ['withTime', withTime(uniform(BOX, { count: 200 }), { interval: () => [0, 2], initialCount: 50 }), false],
];

/** A source that draws from its rng sequentially across chunks. */
const inOrder: PointSource = {
  inFeatures: 2,
  pointsPerStep: 70,
  fixed: false,
  draw: (_, count, rng) => ({
    coords: Float32Array.from({ length: 2 * count }, () => rng.uniform()),
    targets: { three: new Float32Array(3 * count).fill(2) },
  }),
};

const numbersOf = ({ coords, targets = {} }: PointBatch): Record<string, number[]> =>
  Object.fromEntries(Object.entries({ coords, ...targets }).map(([name, values]) => [name, [...values]]));

describe.each(SOURCES)('%s', (_, source, fixed) => {
  const n = source.pointsPerStep;
  const whole = numbersOf(source.draw(0, n, createRng(5), FIRST));

  test('returns arrays of the declared sizes', () => {
    expect(whole['coords']).toHaveLength(n * source.inFeatures);
    for (const values of Object.values(whole)) expect(values.length % n).toBe(0);
    expect(source.fixed).toBe(fixed);
  });

  test('does not depend on how a step is split, whether or not the chunks share the rng', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        (sizes, shared) => {
          const rng = createRng(5);
          const joined: Record<string, number[]> = {};
          for (let start = 0, i = 0; start < n; i++) {
            const count = Math.min(sizes[i % sizes.length]!, n - start);
            const part = numbersOf(source.draw(start, count, shared ? rng : createRng(5), FIRST));
            for (const [name, values] of Object.entries(part)) joined[name] = [...(joined[name] ?? []), ...values];
            start += count;
          }
          expect(joined).toEqual(whole);
        },
      ),
      { numRuns: 20 },
    );
  });

  test(fixed ? 'has the same points in every step' : 'has different points in another step', () => {
    const other = numbersOf(source.draw(0, n, createRng(6), FIRST));
    if (fixed) expect(other).toEqual(whole);
    else expect(other['coords']).not.toEqual(whole['coords']);
  });

  test('an empty chunk', () => {
    expect(source.draw(0, 0, createRng(5), FIRST).coords).toHaveLength(0);
  });
});

test('a union passes each source the same rng in all chunks of a step', () => {
  const points = union({ first: uniform(BOX, { count: 30 }), second: inOrder });
  const whole = points.draw(0, 100, createRng(1), FIRST);
  const rng = createRng(1);
  const parts = [points.draw(0, 45, rng, FIRST), points.draw(45, 20, rng, FIRST), points.draw(65, 35, rng, FIRST)];
  expect(parts.flatMap(({ coords }) => [...coords])).toEqual([...whole.coords]);
  expect(parts.map(({ targets }) => targets?.['three']?.length)).toEqual([135, 60, 105]);
});
