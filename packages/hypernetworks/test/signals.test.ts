import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Signal, splitSignals } from '../src/index.ts';

const signals = (count: number): Signal[] =>
  Array.from({ length: count }, (_, i) => ({
    coords: Float32Array.of(0),
    targets: { value: Float32Array.of(i) },
    label: String(i),
  }));

it('splits every signal into exactly one set, the same for the same seed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 200 }), fc.nat(), (count, seed) => {
      const split = () => splitSignals(signals(count), { validation: 0.2, test: 0.1, seed });
      const { train, validation, test } = split();
      const labels = [...train, ...validation, ...test].map(({ label }) => Number(label));
      expect(labels.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      expect(test).toHaveLength(Math.round(0.1 * count));
      expect(validation).toHaveLength(Math.round(0.2 * count));
      expect(split().train.map(({ label }) => label)).toEqual(train.map(({ label }) => label));
    }),
    { numRuns: 30 },
  );
});

it('refuses shares that leave nothing', () => {
  expect(() => splitSignals(signals(4), { validation: 0.5, test: 0.5 })).toThrow(
    'splitSignals: 4 signals leave none for training beside 2 for validation and 2 for testing',
  );
  expect(() => splitSignals(signals(4), { test: 2 })).toThrow('splitSignals: test must be a number from 0 to 1, got 2');
});
