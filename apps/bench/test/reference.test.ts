import { fieldJet } from '@neural-fields/testing';
import { describe, expect, test } from 'vitest';
import { layerSizes, splitParameters } from '../src/peers/problem-data.ts';
import { supervisions } from '../src/protocol.ts';
import { initialParameters, randomPoints, targetsOf } from '../src/speed/problems.ts';
import { lossGradient, type ReferenceProblem, referenceSteps } from '../src/speed/reference.ts';

const width = 8;
const problemOf = (supervision: ReferenceProblem['supervision']): ReferenceProblem => {
  const coords = randomPoints(5);
  const sizes = layerSizes(width);
  return {
    supervision,
    sizes,
    omega: 30,
    parameters: initialParameters(width),
    coords,
    targets: targetsOf(coords, supervision),
  };
};

/** The field of the problem for the oracle of the other packages' tests, which knows nothing of this one. */
const oracleJet = (point: readonly number[]): ReturnType<typeof fieldJet> => {
  const layers = splitParameters(initialParameters(width), width);
  const sizes = layerSizes(width);
  const field = {
    inFeatures: 2,
    layers: layers.map((_, i) => ({
      kind: 'dense' as const,
      outFeatures: sizes[i + 1] as number,
      activation: i + 1 < layers.length ? { kind: 'sine', omega: 30 } : { kind: 'identity' },
    })),
  };
  const parameters = layers.flatMap(({ weight, bias }, i) => [
    [`layers.${i}.weight`, [...weight]] as const,
    [`layers.${i}.bias`, [...bias]] as const,
  ]);
  return fieldJet(field, Object.fromEntries(parameters), point);
};

describe.each(supervisions)('%s', supervision => {
  test('the loss is that of the oracle in Taylor arithmetic', () => {
    const { coords, targets } = problemOf(supervision);
    let expected = 0;
    for (let p = 0; p < 5; p++) {
      const jet = oracleJet([coords[2 * p] as number, coords[2 * p + 1] as number]);
      const slopes = jet.gradient.map(row => row[0] as number);
      const hessian = jet.hessian.map((rows, k) => rows[k]?.[0] as number);
      const errors = {
        value: () => [(jet.value[0] as number) - (targets[p] as number)],
        gradient: () => slopes.map((slope, k) => slope - (targets[2 * p + k] as number)),
        laplacian: () => [hessian.reduce((sum, bend) => sum + bend, 0) - (targets[p] as number)],
      }[supervision]();
      expected += errors.reduce((sum, error) => sum + error ** 2, 0) / 5;
    }
    expect(lossGradient(problemOf(supervision)).loss / expected).toBeCloseTo(1, 10);
  });

  test('the gradient is that of differences of the loss', () => {
    const problem = problemOf(supervision);
    const { gradient } = lossGradient(problem);
    const scale = Math.max(...gradient.map(Math.abs));
    const step = 1e-5;
    for (let i = 0; i < gradient.length; i += 7) {
      const shifted = (by: number): number => {
        const parameters = Float64Array.from(problem.parameters);
        parameters[i]! += by;
        return lossGradient({ ...problem, parameters }).loss;
      };
      // Differences of order 4: what is left is far below the tolerance.
      const difference =
        (8 * (shifted(step) - shifted(-step)) - (shifted(2 * step) - shifted(-2 * step))) / (12 * step);
      expect(Math.abs((gradient[i] as number) - difference) / scale).toBeLessThan(1e-7);
    }
  });
});

test('targets of derivatives are those of the target of values', () => {
  const at = (x: number, y: number): Float32Array => Float32Array.of(x, y);
  const value = (x: number, y: number): number => (Math.sin(20 * x) * Math.cos(17 * y)) / 2;
  const [x, y] = [Math.fround(0.3), Math.fround(-0.7)];
  const h = 1e-4;
  const bends = (value(x + h, y) + value(x - h, y) + value(x, y + h) + value(x, y - h) - 4 * value(x, y)) / h ** 2;
  expect(targetsOf(at(x, y), 'value')[0]).toBeCloseTo(value(x, y), 6);
  expect(targetsOf(at(x, y), 'gradient')[0]).toBeCloseTo((value(x + h, y) - value(x - h, y)) / (2 * h), 3);
  expect(targetsOf(at(x, y), 'gradient')[1]).toBeCloseTo((value(x, y + h) - value(x, y - h)) / (2 * h), 3);
  expect((targetsOf(at(x, y), 'laplacian')[0] as number) / bends).toBeCloseTo(1, 3);
});

test('updates follow Adam: the first one moves every parameter that has a gradient by the learning rate', () => {
  const problem = problemOf('value');
  const { losses, gradient } = referenceSteps(problem, 1e-4);
  const moved = Float64Array.from(problem.parameters, (value, i) => value - 1e-4 * Math.sign(gradient[i] as number));
  expect(losses).toHaveLength(3);
  expect((losses[1] as number) / lossGradient({ ...problem, parameters: moved }).loss).toBeCloseTo(1, 5);
  expect(losses[2]).toBeLessThan(losses[0] as number);
});
