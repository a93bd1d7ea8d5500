import { parseSpec } from '@neural-fields/core';
import { describe, expect, it } from 'vitest';
import { networkExtensions, networkPreset, networkPresets, trainingOptions } from '../src/index.ts';

const size = { inFeatures: 2, outFeatures: 1 };

describe('the registry', () => {
  it('has each name once, and facts about every preset', () => {
    const names = networkPresets.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, reference, training } of networkPresets) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(reference).toMatch(/(19|20)\d\d/);
      expect(trainingOptions(training).optimizer.learningRate).toBe(training.learningRate);
    }
  });

  it('names the nearest preset', () => {
    expect(() => networkPreset('wires')).toThrow(
      "networkPreset: unknown preset 'wires', perhaps 'wire'; the presets are siren",
    );
  });
});

describe.each(networkPresets)('$name', preset => {
  it('has a spec that is JSON, for any number of coordinates and outputs', () => {
    for (const inFeatures of [1, 2, 3]) {
      const spec = preset.spec({ inFeatures, outFeatures: 3 });
      expect(parseSpec(JSON.parse(JSON.stringify(spec)), networkExtensions)).toEqual(spec);
    }
  });

  it('checks its sizes and options', () => {
    expect(() => preset.spec({ inFeatures: 0, outFeatures: 1 })).toThrow(
      `${preset.name}: inFeatures must be a positive integer, got 0`,
    );
    expect(() => preset.spec(size, { hidenFeatures: 3 })).toThrow(`${preset.name}: unknown option 'hidenFeatures'`);
    for (const [name, option] of Object.entries(preset.options))
      for (const value of option.kind === 'choice' ? ['none', 1] : [-1, Number.NaN, '3'])
        expect(() => preset.spec(size, { [name]: value as number })).toThrow(`${preset.name}: ${name} must be`);
  });
});

describe('specs of the layers', () => {
  const check =
    (layer: object, inFeatures = 2) =>
    () =>
      parseSpec({ inFeatures, layers: [layer] }, networkExtensions);

  it('are checked', () => {
    expect(check({ kind: 'complex-gabor', outFeatures: 0, omega: 1, scale: 1, complexInput: false })).toThrow(
      'complex-gabor: outFeatures must be a positive integer, got 0',
    );
    expect(check({ kind: 'complex-gabor', outFeatures: 2, omega: 1, scale: 1, complexInput: true }, 3)).toThrow(
      'complex-gabor: a complex input must have an even number of features, got 3',
    );
    expect(check({ kind: 'complex-gabor', outFeatures: 2, omega: 1, scale: 1, complexInput: 1 })).toThrow(TypeError);
    expect(check({ kind: 'complex-linear', outFeatures: 2 }, 3)).toThrow('even number of features, got 3');
    expect(check({ kind: 'real-gabor', outFeatures: 2, omega: -1, scale: 1 })).toThrow(
      'real-gabor: omega must be a positive number, got -1',
    );
    expect(check({ kind: 'gabor-filter', outFeatures: 2, scale: 1, shape: 0, rate: 1 })).toThrow(
      'gabor-filter: shape must be a positive number, got 0',
    );
    expect(check({ kind: 'band-limited-sine', outFeatures: 2, limit: 1.5 })).toThrow(
      'band-limited-sine: limit must be an integer >= 0, got 1.5',
    );
    expect(check({ kind: 'latent', features: 2, spread: Number.NaN })).toThrow(
      'latent: spread must be a positive number',
    );
    expect(check({ kind: 'multiplicative-filters', filters: [], outputs: [] })).toThrow(
      'multiplicative-filters: filters must be a list of at least one layer, got []',
    );
    const filters = [{ kind: 'band-limited-sine', outFeatures: 2, limit: 1 }];
    expect(check({ kind: 'multiplicative-filters', filters, outputs: [] })).toThrow('at least one output, got []');
    expect(check({ kind: 'multiplicative-filters', filters, outputs: [{ after: 1 }] })).toThrow(
      'multiplicative-filters: an output must be after a filter from 0 to 0, got 1',
    );
  });
});
