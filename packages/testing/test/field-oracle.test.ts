import { describe, expect, it } from 'vitest';
import { fieldJet, type OracleField, parameterGradient } from '../src/field-oracle.ts';
import { expectClose, relativeError } from '../src/tolerance.ts';

const FLOAT64 = { relative: 1e-12, absolute: 1e-13 };

describe('fieldJet', () => {
  it('has the closed form of one sine neuron', () => {
    const field: OracleField = {
      inFeatures: 2,
      layers: [
        { kind: 'dense', outFeatures: 1, activation: { kind: 'sine', omega: 3 } },
        { kind: 'dense', outFeatures: 2, bias: false },
      ],
    };
    const parameters = { 'layers.0.weight': [0.5, -0.8], 'layers.0.bias': [0.1], 'layers.1.weight': [2, -1] };
    const jet = fieldJet(field, parameters, [0.3, 0.6]);
    const phase = 3 * (0.5 * 0.3 - 0.8 * 0.6 + 0.1);
    const [w, out] = [
      [1.5, -2.4],
      [2, -1],
    ];
    expectClose(
      jet.value,
      out.map(o => o * Math.sin(phase)),
      FLOAT64,
    );
    expectClose(
      jet.gradient.flat(),
      w.flatMap(a => out.map(o => o * a * Math.cos(phase))),
      FLOAT64,
    );
    expectClose(
      jet.hessian.flat(2),
      w.flatMap(a => w.flatMap(b => out.map(o => -o * a * b * Math.sin(phase)))),
      FLOAT64,
    );
  });

  // Two layers, all kinds of parameters, three coordinates: gradient and Hessian compared with differences of the
  // value.
  const field: OracleField = {
    inFeatures: 3,
    layers: [
      { kind: 'dense', outFeatures: 3, activation: { kind: 'gaussian', sigma: 99 } },
      { kind: 'dense', outFeatures: 2, activation: { kind: 'tanh' } },
      { kind: 'dense', outFeatures: 1 },
    ],
  };
  const parameters = {
    'layers.0.weight': [0.2, -0.5, 0.7, 0.4, 0.1, -0.3, -0.6, 0.8, 0.25],
    'layers.0.bias': [0.1, -0.2, 0.05],
    'layers.0.activation.sigma': [0.6],
    'layers.1.weight': [0.9, -0.4, 0.3, 0.6, -0.7, 0.5],
    'layers.1.bias': [0.15, 0.2],
    'layers.2.weight': [1.1, -0.6],
    'layers.2.bias': [0.3],
  };
  const point = [0.4, -0.3, 0.2];
  const h = 1e-3;
  const moved = (k: number, by: number): number[] => point.map((x, i) => (i === k ? x + by : x));
  const slope = (k: number, of: (at: number[]) => number): number =>
    (8 * (of(moved(k, h)) - of(moved(k, -h))) - (of(moved(k, 2 * h)) - of(moved(k, -2 * h)))) / (12 * h);

  it('has a gradient and a Hessian that agree with differences', () => {
    const { gradient, hessian } = fieldJet(field, parameters, point);
    const value = (at: number[]): number => fieldJet(field, parameters, at).value[0]!;
    expectClose(
      gradient.flat(),
      [0, 1, 2].map(k => slope(k, value)),
      { absolute: 1e-9 },
    );
    for (const k of [0, 1, 2]) {
      const differences = [0, 1, 2].map(l => slope(l, at => fieldJet(field, parameters, at).gradient[k]![0]!));
      expectClose(hessian[k]!.flat(), differences, { absolute: 1e-9 });
    }
  });

  it('uses a learned parameter instead of the one in the spec', () => {
    const { 'layers.0.activation.sigma': _, ...rest } = parameters;
    expect(fieldJet(field, rest, point).value).not.toEqual(fieldJet(field, parameters, point).value);
  });

  it('rejects parameters of the wrong length', () => {
    expect(() => fieldJet(field, { ...parameters, 'layers.1.bias': [1] }, point)).toThrow(
      'layers.1.bias must have 2 values, got 1',
    );
    expect(() => fieldJet(field, {}, point)).toThrow('layers.0.weight must have 9 values, got none');
    expect(() => fieldJet(field, parameters, [1])).toThrow('3 coordinates');
  });
});

describe('parameterGradient', () => {
  it('has the closed form of a sine neuron, to 1e-9', () => {
    // f = v sin(30 w x + 30 b), loss = f'(x)^2 = (30 v w cos)^2
    const field: OracleField = {
      inFeatures: 1,
      layers: [
        { kind: 'dense', outFeatures: 1, activation: { kind: 'sine', omega: 30 } },
        { kind: 'dense', outFeatures: 1, bias: false },
      ],
    };
    const [w, b, v, x] = [0.7, 0.1, 1.4, 0.37];
    const parameters = { 'layers.0.weight': [w], 'layers.0.bias': [b], 'layers.1.weight': [v] };
    const gradient = parameterGradient(field, parameters, [[x]], ([jet]) => jet!.gradient[0]![0]! ** 2);
    const phase = 30 * (w * x + b);
    const f1 = 30 * v * w * Math.cos(phase);
    const byPhase = 2 * f1 * -30 * v * w * Math.sin(phase) * 30;
    expect(relativeError(gradient['layers.0.weight']!, [2 * f1 * 30 * v * Math.cos(phase) + byPhase * x])).toBeLessThan(
      1e-9,
    );
    expect(relativeError(gradient['layers.0.bias']!, [byPhase])).toBeLessThan(1e-9);
    expect(relativeError(gradient['layers.1.weight']!, [(2 * f1 * f1) / v])).toBeLessThan(1e-9);
  });
});
