import '@tensorflow/tfjs-backend-cpu';
import type { TaylorNumber } from '@neural-fields/testing';
import { max, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { timeCurriculum, wave, waveStart } from '../src/index.ts';
import { jetOf, type TaylorFunction, tensorJet } from './oracle.ts';

beforeAll(() => setBackend('cpu'));

const points = [
  [0, 0.1, 0.7],
  [0.4, -0.3, 0.2],
  [0.9, 0.8, -0.6],
];
const coords = tensor2d(points);

/** A plane wave cos(k . x - |k| c t). */
const travelling =
  (speed: number): TaylorFunction =>
  (t, [time, x, y]) => {
    const phase = t.add(t.scale(x as TaylorNumber, 3), t.scale(y as TaylorNumber, -4));
    return [t.cos(t.sub(phase, t.scale(time as TaylorNumber, 5 * speed)))];
  };

const residualOf = (speedOfWave: number, options: Parameters<typeof wave>[0], medium?: number): number => {
  const loss = wave(options);
  const jets = points.map(point => jetOf(travelling(speedOfWave), point));
  const targets = medium === undefined ? {} : { m: tensor2d(points.map(() => [medium])) };
  return max(loss(tensorJet(jets, loss.derivatives), { coords, targets })).dataSync()[0] as number;
};

describe('wave', () => {
  it('vanishes for a wave of its speed only', () => {
    expect(residualOf(2, { speed: 2 })).toBeLessThan(1e-4);
    expect(residualOf(2, { speed: 1 })).toBeGreaterThan(10);
  });

  it('slows waves by the square root of the squared slowness', () => {
    expect(residualOf(0.5, { squaredSlowness: 'm' }, 4)).toBeLessThan(1e-4);
    expect(residualOf(1, { squaredSlowness: 'm' }, 4)).toBeGreaterThan(10);
  });

  it('requests the second derivative in time and the Laplacian in space', () => {
    expect(wave({ spaceDimensions: 3 }).derivatives).toEqual({
      second: [
        [1, 0, 0, 0],
        [0, 1, 1, 1],
      ],
    });
    expect(() => wave({ spaceDimensions: 0 })).toThrow('wave: spaceDimensions must be a positive integer, got 0');
    expect(() => wave({ speed: Number.NaN })).toThrow(RangeError);
  });
});

describe('waveStart', () => {
  it('vanishes for the true value and velocity', () => {
    const start = points.map(([, ...space]) => [0, ...space]);
    const jets = start.map(point => jetOf(travelling(1), point));
    const targets = {
      value: tensor2d(jets.map(({ value }) => value)),
      velocity: tensor2d(jets.map(({ gradient }) => gradient[0] as number[])),
    };
    const lossOf = (velocity?: string): number => {
      const loss = waveStart(velocity === undefined ? {} : { velocity });
      return max(loss(tensorJet(jets, loss.derivatives), { coords: tensor2d(start), targets })).dataSync()[0] as number;
    };
    expect(lossOf('velocity')).toBe(0);
    expect(lossOf()).toBeGreaterThan(1);
    expect(() => waveStart({ valueWeight: -1 })).toThrow('waveStart: valueWeight must be a number >= 0, got -1');
  });
});

describe('timeCurriculum', () => {
  it('holds the start, grows linearly and stays at the end', () => {
    const interval = timeCurriculum({ start: 0.5, end: 1.5, growSteps: 100, holdSteps: 20 });
    expect([1, 20, 45, 120, 5000].map(interval)).toEqual([
      [0.5, 0.5],
      [0.5, 0.5],
      [0.5, 0.75],
      [0.5, 1.5],
      [0.5, 1.5],
    ]);
  });

  it('rejects wrong options', () => {
    expect(() => timeCurriculum({ start: 1, end: 1, growSteps: 1 })).toThrow(
      'timeCurriculum: end must be after the start 1, got 1',
    );
    expect(() => timeCurriculum({ end: 1, growSteps: 0 })).toThrow(RangeError);
    expect(() => timeCurriculum({ end: 1, growSteps: 1, holdSteps: -1 })).toThrow(
      'holdSteps must be an integer >= 0, got -1',
    );
  });
});
