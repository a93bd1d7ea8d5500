import { expectCloseInNorm } from '@neural-fields/testing';
import { describe, expect, it } from 'vitest';
import { affineFit, compositeGradients, mixedGradients, offsetFit } from '../src/index.ts';

describe('compositeGradients', () => {
  const [a, b] = [
    [1, 2, 3, 4],
    [10, 20, 30, 40],
  ] as const;

  it('weights whole images by scalars', () => {
    expectCloseInNorm(compositeGradients([a, b], [0.25, 0.75]), [7.75, 15.5, 23.25, 31], { relative: 1e-7 });
    expect([...compositeGradients([a, b, a], [1, 0, 1])]).toEqual([2, 4, 6, 8]);
  });

  it('cuts and pastes with masks, which have one value per point', () => {
    expect([
      ...compositeGradients(
        [a, b],
        [
          [1, 0],
          [0, 1],
        ],
      ),
    ]).toEqual([1, 2, 30, 40]);
    expect([...compositeGradients([a, b], [1, [0, 0.5]])]).toEqual([1, 2, 18, 24]);
  });

  it('rejects arrays, weights and masks of the wrong length', () => {
    expect(() => compositeGradients([], [])).toThrow('compositeGradients: at least one array is needed, got none');
    expect(() => compositeGradients([a, [1]], [1, 1])).toThrow('must have 4 values like the first, got 1 in array 1');
    expect(() => compositeGradients([a, b], [1])).toThrow('2 weights are needed, one for each array, got 1');
    expect(() => compositeGradients([a], [[1, 2, 3]])).toThrow(
      'mask 0 must have one value per point of 4 gradient values, got 3',
    );
  });
});

describe('mixedGradients', () => {
  it('takes the longest gradient at each point for each output', () => {
    // Two points, two outputs: columns are (y of a, y of b, x of a, x of b).
    const first = [3, 0, 0, 1, 1, 1, 1, 1];
    const second = [2, 5, 2, 0, 0, 0, 2, -1];
    expect([...mixedGradients([first, second], { channels: 2 })]).toEqual([3, 5, 0, 0, 0, 1, 2, 1]);
  });

  it('returns a single gradient as it is, and takes the first of equally long ones', () => {
    expect([...mixedGradients([[1, 2, 0, 0]])]).toEqual([1, 2, 0, 0]);
    expect([
      ...mixedGradients([
        [0, 1],
        [1, 0],
      ]),
    ]).toEqual([0, 1]);
    expect(() => mixedGradients([[1, 2, 3]])).toThrow(
      'mixedGradients: the arrays must be rows of 2 values, got 3 values',
    );
    expect(() => mixedGradients([[1]], { coordinates: 0 })).toThrow(RangeError);
  });
});

describe('affineFit and offsetFit', () => {
  it('find the scale and the constant of each channel', () => {
    const values = [0, 5, 1, 6, 2, 9];
    const truth = values.map((v, i) => (i % 2 === 0 ? 3 * v - 1 : -0.5 * v + 2));
    const { values: fitted, scale, offset } = affineFit(values, truth, { channels: 2 });
    expectCloseInNorm(fitted, truth, { relative: 1e-7 });
    expectCloseInNorm(scale, [3, -0.5], { relative: 1e-12 });
    expectCloseInNorm(offset, [-1, 2], { relative: 1e-12 });
  });

  it('are the least-squares solutions', () => {
    const [values, truth] = [
      [1, 2, 3, 4],
      [2, 2, 5, 4],
    ];
    // The textbook solution: covariance 4.5 over variance 5, through the means 2.5 and 3.25.
    const fit = affineFit(values, truth);
    expect(fit.scale[0]).toBeCloseTo(0.9, 12);
    expect(fit.offset[0]).toBeCloseTo(1, 12);
    const shift = offsetFit(values, truth);
    expect(shift.scale).toEqual([1]);
    expect(shift.offset[0]).toBeCloseTo(0.75, 12);
  });

  it('keep the mean where the values are all the same, and reject wrong lengths', () => {
    expect([...affineFit([2, 2], [1, 3]).values]).toEqual([2, 2]);
    expect(affineFit([5, 5], [1, 2]).scale).toEqual([0]);
    expect(() => affineFit([1], [1, 2])).toThrow('affineFit: the truth must have 1 values, got 2');
    expect(() => offsetFit([], [])).toThrow('offsetFit: values must be rows of 1 channels, got 0 values');
    expect(() => offsetFit([1, 2, 3], [1, 2, 3], { channels: 2 })).toThrow(RangeError);
  });
});
