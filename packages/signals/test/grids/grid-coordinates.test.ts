import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { axisCoordinate, axisPosition, axisStep, gridAxes } from '../../src/grids/axis.ts';
import { gridCoordinates, gridCoordinatesRange } from '../../src/grids/grid-coordinates.ts';

const rows = (coords: Float32Array, dimensions: number): number[][] =>
  Array.from({ length: coords.length / dimensions }, (_, i) => [
    ...coords.subarray(i * dimensions, (i + 1) * dimensions),
  ]);

const shapes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });
const options = fc.record({
  convention: fc.constantFrom('corner-aligned' as const, 'pixel-centred' as const),
  aspect: fc.constantFrom('stretch' as const, 'keep' as const),
});

describe('gridCoordinates', () => {
  test('corner-aligned: the SIREN grid, y before x', () => {
    expect(rows(gridCoordinates([2, 3]), 2)).toEqual([
      [-1, -1],
      [-1, 0],
      [-1, 1],
      [1, -1],
      [1, 0],
      [1, 1],
    ]);
  });

  test('pixel-centred', () => {
    expect([...gridCoordinates([4], { convention: 'pixel-centred' })]).toEqual([-0.75, -0.25, 0.25, 0.75]);
  });

  test('keep: the spacing is the same on every axis', () => {
    expect(rows(gridCoordinates([2, 5], { aspect: 'keep' }), 2)[0]).toEqual([-0.25, -1]);
    expect(rows(gridCoordinates([2, 4], { aspect: 'keep', convention: 'pixel-centred' }), 2)[0]).toEqual([
      -0.25, -0.75,
    ]);
    for (const convention of ['corner-aligned', 'pixel-centred'] as const) {
      const [y, x] = gridAxes('test', [7, 31], { aspect: 'keep', convention });
      expect(axisStep(y!)).toBeCloseTo(axisStep(x!), 12);
      expect([x!.low, x!.high]).toEqual([-1, 1]);
    }
  });

  test('spans replace the aspect', () => {
    expect([...gridCoordinates([3], { spans: [[-100, 100]], aspect: 'keep' })]).toEqual([-100, 0, 100]);
  });

  test('the only point of an axis lies in the middle', () => {
    expect(rows(gridCoordinates([1, 2]), 2)).toEqual([
      [0, -1],
      [0, 1],
    ]);
    expect([...gridCoordinates([1, 1], { aspect: 'keep' })]).toEqual([0, 0]);
  });

  test('a region has its coordinates in the whole grid', () => {
    fc.assert(
      fc.property(shapes, options, fc.nat(), (shape, gridOptions, salt) => {
        const d = shape.length;
        const start = shape.map((length, axis) => (salt + axis) % length);
        const size = shape.map((length, axis) => 1 + ((salt >> 3) % (length - start[axis]!)));
        const whole = rows(gridCoordinates(shape, gridOptions), d);
        const part = rows(gridCoordinates(shape, { ...gridOptions, region: { start, size } }), d);
        const expected = whole.filter((_, flat) => {
          let rest = flat;
          for (let axis = d - 1; axis >= 0; axis--) {
            const i = rest % shape[axis]!;
            rest = Math.floor(rest / shape[axis]!);
            if (i < start[axis]! || i >= start[axis]! + size[axis]!) return false;
          }
          return true;
        });
        expect(part).toEqual(expected);
      }),
    );
  });

  test('ranges join to the whole grid', () => {
    fc.assert(
      fc.property(shapes, options, fc.integer({ min: 1, max: 50 }), (shape, gridOptions, chunk) => {
        const whole = gridCoordinates(shape, gridOptions);
        const total = whole.length / shape.length;
        const parts: number[] = [];
        for (let start = 0; start < total; start += chunk)
          parts.push(...gridCoordinatesRange(shape, { start, count: Math.min(chunk, total - start) }, gridOptions));
        expect(parts).toEqual([...whole]);
      }),
    );
  });

  test('a range of a grid that is too large to compute', () => {
    const coords = gridCoordinatesRange([2 ** 20, 2 ** 20, 2 ** 10], { start: 2 ** 50 - 1, count: 1 });
    expect([...coords]).toEqual([1, 1, 1]);
  });

  test('an empty range', () => {
    expect(gridCoordinatesRange([3, 3], { start: 9, count: 0 })).toEqual(new Float32Array());
  });

  test('positions invert coordinates', () => {
    fc.assert(
      fc.property(shapes, options, (shape, gridOptions) => {
        for (const axis of gridAxes('test', shape, gridOptions))
          for (let i = 0; i < axis.length; i++) expect(axisPosition(axis, axisCoordinate(axis, i))).toBeCloseTo(i, 10);
      }),
    );
  });

  test('errors', () => {
    expect(() => gridCoordinates([])).toThrow('one or more positive integers, got []');
    expect(() => gridCoordinates([3, 0])).toThrow('got [3, 0]');
    expect(() => gridCoordinates([3], { spans: [[1, 1]] })).toThrow('low < high');
    expect(() => gridCoordinates([3, 3], { spans: [[0, 1]] })).toThrow('one for each of the 2 axes, got 1');
    expect(() => gridCoordinates([3, 3], { region: { start: [0, 2], size: [3, 2] } })).toThrow(
      'must lie in a grid of [3, 3]',
    );
    expect(() => gridCoordinatesRange([3], { start: 2, count: 2 })).toThrow('0 ... 3, got start 2, count 2');
  });
});
