import { expect, it } from 'vitest';
import { DivergenceDetector } from '../../src/fit/divergence.ts';

/** The losses of a fit that decreases from 1 to 1e-4. */
const decreasing = [1, 1e-2, 1e-3, 1e-4, 1e-4, 1e-4];

const detectorOf = (options: ConstructorParameters<typeof DivergenceDetector>[0]): DivergenceDetector => {
  const detector = new DivergenceDetector({ window: 3, ...options });
  for (const loss of decreasing) expect(detector.check(loss)).toBeUndefined();
  return detector;
};

it('takes a loss above the recent ones and above the first one for a spike', () => {
  expect(detectorOf({}).check(0.9)).toBeUndefined();
  expect(detectorOf({}).check(1.1)).toBe(
    'the loss jumped to 1.100 from a median of 0.0001000, above its initial value 1.000',
  );
  expect(detectorOf({}).check(Number.NaN)).toBe('the loss is NaN');
});

it('takes a loss above a share of the first one for a spike, where that is asked for', () => {
  const options = { spikeFactor: 10, firstFactor: 0.01 };
  expect(detectorOf(options).check(0.0099)).toBeUndefined();
  expect(detectorOf(options).check(0.011)).toBe('the loss jumped to 0.01100 from a median of 0.0001000');
  expect(detectorOf({ ...options, spikeFactor: 200 }).check(0.011)).toBeUndefined();
});

it.each([-1, Number.NaN])('refuses a factor of %s', firstFactor => {
  expect(() => new DivergenceDetector({ firstFactor })).toThrow(
    `fit: divergence.firstFactor must be a number of at least 0, got ${firstFactor}`,
  );
});
