import { describe, expect, it } from 'vitest';
import { adam, createField, siren } from '../src/index.ts';
import { assertOptions } from '../src/options.ts';

/** Calls from plain JavaScript. */
const messageOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as TypeError).message;
  }
  return 'no error';
};
const untyped = (value: unknown) => value as never;
const known = { learningRate: 1, beta1: 1, epsilon: 1 } as const;

describe('assertOptions', () => {
  it('accepts known options and none', () => {
    assertOptions('f', untyped({ learningRate: 1 }), untyped(known));
    assertOptions('f', {}, untyped(known));
  });

  it.each([
    [{ lr: 1 }, "f: unknown option 'lr', perhaps 'learningRate'; the options are learningRate, beta1, epsilon"],
    [{ epsilom: 1 }, "f: unknown option 'epsilom', perhaps 'epsilon'; the options are learningRate, beta1, epsilon"],
    [{ qqq: 1 }, "f: unknown option 'qqq'; the options are learningRate, beta1, epsilon"],
    [undefined, 'f: wanted an object with options (learningRate, beta1, epsilon), got undefined'],
    [null, 'f: wanted an object with options (learningRate, beta1, epsilon), got null'],
    [[1], 'f: wanted an object with options (learningRate, beta1, epsilon), got an array'],
    [3, 'f: wanted an object with options (learningRate, beta1, epsilon), got number'],
  ])('%j: %s', (options, message) => {
    expect(messageOf(() => assertOptions('f', untyped(options), untyped(known)))).toBe(message);
  });

  it('does not take names of prototypes for options', () => {
    expect(messageOf(() => assertOptions('f', untyped({ constructor: 1 }), untyped(known)))).toMatch(/'constructor'/);
  });
});

it('mistakes of plain JavaScript have an error that names the nearest option', () => {
  const size = { inFeatures: 1, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 1 };
  expect(messageOf(() => adam(untyped({ lr: 1 })))).toMatch(/^adam: unknown option 'lr', perhaps 'learningRate'/);
  expect(messageOf(() => siren(untyped({ ...size, hidden: 4 })))).toMatch(/'hiddenFeatures' or 'hiddenLayers'/);
  expect(messageOf(() => createField(siren(size), untyped(undefined)))).toMatch(/createField: wanted an object/);
});
