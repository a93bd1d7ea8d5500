import { describe, expect, it } from 'vitest';
import {
  activationDerivatives,
  activationParameterDerivatives,
  oracleActivationKinds,
} from '../src/activation-oracle.ts';
import { expectClose } from '../src/tolerance.ts';

const FLOAT64 = { relative: 1e-12, absolute: 1e-13 };
const x = -0.8;
const sigma = 1 / (1 + Math.exp(-x));
const slope = sigma * (1 - sigma);
const bell = (a: number, b = 1): number => Math.exp((-b * x * x) / (2 * a * a));

describe('activationDerivatives', () => {
  // [s, s'] in closed form, by hand
  it.each([
    [{ kind: 'identity' }, [x, 1]],
    [{ kind: 'relu' }, [0, 0]],
    [{ kind: 'prelu', a: 0.3 }, [0.3 * x, 0.3]],
    [{ kind: 'sine', omega: 3 }, [Math.sin(3 * x), 3 * Math.cos(3 * x)]],
    [{ kind: 'tanh' }, [Math.tanh(x), 1 - Math.tanh(x) ** 2]],
    [{ kind: 'sigmoid' }, [sigma, slope]],
    [{ kind: 'silu' }, [x * sigma, sigma + x * slope]],
    [{ kind: 'softplus' }, [Math.log1p(Math.exp(x)), sigma]],
    [{ kind: 'gaussian', sigma: 0.5 }, [bell(0.5), (-x / 0.25) * bell(0.5)]],
    [{ kind: 'quadratic', a: 2 }, [1 / (1 + 4 * x * x), (-8 * x) / (1 + 4 * x * x) ** 2]],
    [{ kind: 'multiquadric', a: 2 }, [(1 + 4 * x * x) ** -0.5, -4 * x * (1 + 4 * x * x) ** -1.5]],
    [{ kind: 'laplace', a: 0.5 }, [Math.exp(2 * x), 2 * Math.exp(2 * x)]],
    [{ kind: 'super-gaussian', sigma: 0.5, b: 3 }, [bell(0.5, 3), (-3 * x * bell(0.5, 3)) / 0.25]],
    [{ kind: 'exp-sin', a: 2 }, [Math.exp(-Math.sin(2 * x)), -2 * Math.cos(2 * x) * Math.exp(-Math.sin(2 * x))]],
    [{ kind: 'finer', omega: 2 }, [Math.sin(2 * 1.8 * x), 2 * (1 - 2 * x) * Math.cos(2 * 1.8 * x)]],
  ])('%o has its closed form', (activation, expected) => {
    expectClose(activationDerivatives(activation, x, 1), expected, FLOAT64);
  });

  it('the test has the closed form of every activation', () => {
    expect(oracleActivationKinds).toHaveLength(15);
  });

  it('has the higher derivatives of a Gaussian (Hermite polynomials)', () => {
    const g = bell(1);
    expectClose(
      activationDerivatives({ kind: 'gaussian', sigma: 1 }, x, 4).slice(2),
      [(x * x - 1) * g, (3 * x - x ** 3) * g, (x ** 4 - 6 * x * x + 3) * g],
      FLOAT64,
    );
  });

  it('does not overflow for large values', () => {
    for (const at of [-1e30, -1e4, 1e4, 1e30])
      for (const kind of ['sigmoid', 'silu', 'softplus', 'tanh'])
        expect(activationDerivatives({ kind }, at).every(Number.isFinite), `${kind} at ${at}`).toBe(true);
  });

  it('uses the convention at a kink', () => {
    expect(activationDerivatives({ kind: 'relu' }, 0, 1)).toEqual([0, 0]);
    expect(activationDerivatives({ kind: 'prelu', a: 0.3 }, 0, 1)).toEqual([0, 0.3]);
    expectClose(activationDerivatives({ kind: 'laplace', a: 0.5 }, 0), [1, 0, 4, 0], FLOAT64);
    expectClose(activationDerivatives({ kind: 'finer', omega: 2 }, 0), [0, 2, 0, -8], FLOAT64);
  });

  it('rejects unknown kinds and missing parameters', () => {
    expect(() => activationDerivatives({ kind: 'step' }, 1)).toThrow("unknown kind 'step'");
    expect(() => activationDerivatives({ kind: 'gaussian' }, 1)).toThrow('gaussian needs a number sigma');
  });
});

describe('activationParameterDerivatives', () => {
  it.each<[string, string, number, Record<string, number>]>([
    ['sine', 'omega', 3, {}],
    ['prelu', 'a', 0.3, {}],
    ['gaussian', 'sigma', 0.5, {}],
    ['super-gaussian', 'b', 2, { sigma: 0.5 }],
    ['finer', 'omega', 2, {}],
  ])('of %s by %s agree with differences', (kind, name, value, others) => {
    const at = (shift: number): number[] => activationDerivatives({ kind, ...others, [name]: value + shift }, x, 2);
    const h = 1e-4;
    const [two, one, minusOne, minusTwo] = [at(2 * h), at(h), at(-h), at(-2 * h)] as const;
    const differences = one.map((v, k) => (8 * (v - minusOne[k]!) - (two[k]! - minusTwo[k]!)) / (12 * h));
    const exact = activationParameterDerivatives({ kind, ...others, [name]: value }, name, x);
    expectClose(exact, differences, { relative: 1e-9, absolute: 1e-9 });
  });
});
