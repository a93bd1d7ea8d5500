import fc from 'fast-check';
import ndarray from 'ndarray';
import { describe, expect, test } from 'vitest';
import { gridCoordinates } from '../../src/grids/grid-coordinates.ts';
import { resizeImage } from '../../src/images/resize-image.ts';
import { finerCoordinates, halveResolution, qualityBetween } from '../../src/metrics/between-samples.ts';
import { psnr } from '../../src/metrics/psnr.ts';

/** A signal on a grid, given by its value at each fractional place from 0 to 1 along each axis. */
const sampled = (shape: readonly number[], value: (...place: number[]) => number) => {
  const size = shape.reduce((product, length) => product * length, 1);
  const data = Float32Array.from({ length: size }, (_, point) => {
    let rest = point;
    const place = shape.map(() => 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis] = ((rest % shape[axis]!) + 0.5) / shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    return value(...place);
  });
  return ndarray(data, [...shape, 1]);
};

describe('halveResolution', () => {
  test('averages blocks, as resizeImage does with the kernel area', () => {
    const fine = sampled([8, 12], (y, x) => Math.sin(9 * y) + x * x);
    const expected = resizeImage(fine, { width: 6, height: 4, kernel: 'area' });
    const halved = halveResolution(fine);
    expect(halved.shape).toEqual([4, 6, 1]);
    for (const [i, value] of expected.data.entries()) expect(halved.data[i]).toBeCloseTo(value, 6);
  });

  test('of a volume is the mean over blocks of eight', () => {
    const fine = sampled([4, 4, 4], (z, y, x) => z + 10 * y + 100 * x);
    const expected = sampled([2, 2, 2], (z, y, x) => z + 10 * y + 100 * x);
    const halved = halveResolution(fine);
    for (const [i, value] of expected.data.entries()) expect(halved.data[i]).toBeCloseTo(value, 4);
  });

  test('keeps the tones below the new limit, and removes those above', () => {
    const tone = (periods: number) => sampled([1024], x => Math.sin(2 * Math.PI * periods * x));
    const options = { filter: 'band-limited' } as const;
    const kept = halveResolution(tone(180), options).data;
    const truth = sampled([512], x => Math.sin(2 * Math.PI * 180 * x)).data;
    // Away from the ends, where the window is cut off. The limit is 256 periods; the window is 32 samples wide.
    for (let i = 40; i < 472; i++) expect(Math.abs(kept[i]! - truth[i]!)).toBeLessThan(2e-2);
    const removed = halveResolution(tone(340), options).data;
    for (let i = 40; i < 472; i++) expect(Math.abs(removed[i]!)).toBeLessThan(2e-2);
  });

  test('errors', () => {
    expect(() => halveResolution(sampled([3, 4], () => 0))).toThrow(
      'halveResolution: fine must be [...grid, channels] of even lengths, got [3, 4, 1]',
    );
    expect(() => halveResolution(sampled([2], () => Number.NaN))).toThrow('must be finite');
    expect(() =>
      halveResolution(
        sampled([2], () => 0),
        { filter: 'cubic' } as never,
      ),
    ).toThrow('filter must be one of area, band-limited, got cubic');
  });
});

describe('finerCoordinates', () => {
  test('of a pixel-centred grid are those of a grid with twice the samples', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 }), shape => {
        const fine = gridCoordinates(
          shape.map(length => 2 * length),
          { convention: 'pixel-centred' },
        );
        const found = finerCoordinates(shape, { convention: 'pixel-centred' });
        expect(found.length).toBe(fine.length);
        for (const [i, value] of fine.entries()) expect(found[i]).toBeCloseTo(value, 6);
      }),
    );
  });

  test('of a corner-aligned grid lie a quarter of a step to each side of its samples', () => {
    expect([...finerCoordinates([3])]).toEqual([-1.25, -0.75, -0.25, 0.25, 0.75, 1.25]);
  });
});

describe('qualityBetween', () => {
  const fine = sampled([16, 24], (y, x) => 0.5 + 0.4 * Math.sin(5 * y) * Math.cos(7 * x));

  test('compares with the finer signal, beside bicubic interpolation of its half', () => {
    const drawn = sampled([16, 24], (y, x) => 0.51 + 0.4 * Math.sin(5 * y) * Math.cos(7 * x));
    const { field, interpolation } = qualityBetween(fine, drawn);
    expect(field).toBeCloseTo(40, 3);
    const small = resizeImage(fine, { width: 12, height: 8, kernel: 'area' });
    expect(interpolation).toBeCloseTo(psnr(fine, resizeImage(small, { width: 24, height: 16, kernel: 'bicubic' })), 3);
    expect(qualityBetween(fine, drawn, { dataRange: 2 }).field).toBeCloseTo(46.02, 2);
  });

  test('of sound is beside a band-limited interpolation, which is better than a cubic one', () => {
    const sound = sampled([4096], x => Math.sin(2 * Math.PI * 700 * x));
    const limited = qualityBetween(sound, sound, { filter: 'band-limited', dataRange: 2 });
    expect(limited.field).toBe(Number.POSITIVE_INFINITY);
    expect(limited.interpolation).toBeGreaterThan(qualityBetween(sound, sound, { dataRange: 2 }).interpolation + 20);
  });

  test('errors', () => {
    expect(() =>
      qualityBetween(
        fine,
        sampled([16, 22], () => 0),
      ),
    ).toThrow('must have the same shape');
    expect(() => qualityBetween(fine, fine, { dataRange: 0 })).toThrow('dataRange must be a positive number');
    expect(() => qualityBetween(fine, fine, { range: 1 } as never)).toThrow('range');
  });
});
