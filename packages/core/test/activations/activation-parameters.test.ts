import { describe, expect, it } from 'vitest';
import {
  activationParameterValues,
  assertActivationSpec,
  coreActivations,
  expSin,
  expSinActivation,
  finer,
  finerActivation,
  gaussian,
  gaussianActivation,
  identity,
  identityActivation,
  laplace,
  laplaceActivation,
  learnableParameters,
  multiquadric,
  multiquadricActivation,
  prelu,
  preluActivation,
  quadratic,
  quadraticActivation,
  relu,
  reluActivation,
  sigmoid,
  sigmoidActivation,
  silu,
  siluActivation,
  sine,
  sineActivation,
  softplus,
  softplusActivation,
  superGaussian,
  superGaussianActivation,
  tanh,
  tanhActivation,
} from '../../src/activations/index.ts';

describe('activationParameterValues', () => {
  it('fills in the defaults, in the order of the definition', () => {
    expect(activationParameterValues({ kind: 'sine' }, sineActivation)).toEqual({ omega: 1 });
    const values = activationParameterValues({ kind: 'super-gaussian', b: 3 }, superGaussianActivation);
    expect(Object.entries(values)).toEqual([
      ['sigma', 1],
      ['b', 3],
    ]);
    expect(activationParameterValues({ kind: 'relu' }, reluActivation)).toEqual({});
  });

  it.each([
    [{ kind: 'gaussian', a: 1 }, gaussianActivation, RangeError, "gaussian: unknown parameter 'a'; known: sigma"],
    [{ kind: 'relu', a: 1 }, reluActivation, RangeError, "relu: unknown parameter 'a'; known: none"],
    [{ kind: 'gaussian', sigma: 0 }, gaussianActivation, RangeError, 'gaussian: sigma must be positive, got 0'],
    [{ kind: 'sine', omega: -1 }, sineActivation, RangeError, 'sine: omega must be positive, got -1'],
    [{ kind: 'sine', omega: Number.NaN }, sineActivation, RangeError, 'sine: omega must be finite, got NaN'],
    [{ kind: 'prelu', a: Infinity }, preluActivation, RangeError, 'prelu: a must be finite, got Infinity'],
    [{ kind: 'sine', omega: '30' }, sineActivation, TypeError, 'sine: omega must be a number, got "30"'],
    // A name of Object.prototype is no parameter.
    [{ kind: 'sine', toString: 1 }, sineActivation, RangeError, "sine: unknown parameter 'toString'"],
  ])('rejects %o', (spec, definition, type, message) => {
    expect(() => activationParameterValues(spec as { kind: string }, definition)).toThrow(type);
    expect(() => activationParameterValues(spec as { kind: string }, definition)).toThrow(message);
  });

  it('allows a negative or zero slope of prelu', () => {
    expect(activationParameterValues({ kind: 'prelu', a: -0.5 }, preluActivation)).toEqual({ a: -0.5 });
    expect(activationParameterValues({ kind: 'prelu', a: 0 }, preluActivation)).toEqual({ a: 0 });
  });
});

describe('learnableParameters', () => {
  it('returns the names in the order of the definition', () => {
    expect(learnableParameters({ kind: 'super-gaussian', learnable: ['b', 'sigma'] }, superGaussianActivation)).toEqual(
      ['sigma', 'b'],
    );
    expect(learnableParameters({ kind: 'super-gaussian' }, superGaussianActivation)).toEqual([]);
  });

  it('rejects names that are not parameters, and values that are not lists', () => {
    expect(() => learnableParameters({ kind: 'sine', learnable: ['a'] }, sineActivation)).toThrow(
      new RangeError("sine: cannot learn 'a'; learnable: omega"),
    );
    expect(() => learnableParameters({ kind: 'relu', learnable: ['a'] }, reluActivation)).toThrow(
      "relu: cannot learn 'a'; learnable: none",
    );
    expect(() => learnableParameters(JSON.parse('{ "kind": "sine", "learnable": "omega" }'), sineActivation)).toThrow(
      new TypeError('sine: learnable must be a list of names, got "omega"'),
    );
    expect(() => assertActivationSpec({ kind: 'sine', learnable: ['a'] }, sineActivation)).toThrow(RangeError);
  });
});

describe('the activation functions', () => {
  const helpers = [
    [identity(), identityActivation],
    [relu(), reluActivation],
    [prelu(), preluActivation],
    [sine(), sineActivation],
    [tanh(), tanhActivation],
    [sigmoid(), sigmoidActivation],
    [silu(), siluActivation],
    [softplus(), softplusActivation],
    [gaussian(), gaussianActivation],
    [quadratic(), quadraticActivation],
    [multiquadric(), multiquadricActivation],
    [laplace(), laplaceActivation],
    [superGaussian(), superGaussianActivation],
    [expSin(), expSinActivation],
    [finer(), finerActivation],
  ] as const;

  it.each(helpers)('%o is frozen, complete and survives JSON', (spec, definition) => {
    expect(Object.isFrozen(spec)).toBe(true);
    expect(spec).toEqual({ kind: definition.kind, ...definition.parameters });
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
    assertActivationSpec(spec, definition);
  });

  it('cover every core activation', () => {
    expect(helpers.map(([, definition]) => definition)).toEqual(coreActivations);
  });

  it('accept values and learnable parameters', () => {
    expect(gaussian({ sigma: 0.1, learnable: ['sigma'] })).toEqual({
      kind: 'gaussian',
      sigma: 0.1,
      learnable: ['sigma'],
    });
    expect(Object.isFrozen(gaussian({ learnable: ['sigma'] }).learnable)).toBe(true);
    expect(sine({ omega: 30 })).toEqual({ kind: 'sine', omega: 30 });
    expect(() => gaussian({ sigma: 0 })).toThrow('gaussian: sigma must be positive, got 0');
    // @ts-expect-error: no such parameter
    expect(() => sine({ omega0: 30 })).toThrow(
      "sine: unknown option 'omega0', perhaps 'omega'; the options are omega, learnable",
    );
  });
});
