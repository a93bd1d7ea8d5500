import { describe, expect, it } from 'vitest';
import {
  type FieldSpec,
  gaussian,
  mlp,
  outFeatures,
  parameterLayout,
  parseSpec,
  sine,
  siren,
} from '../../src/index.ts';
import { networkOf } from '../../src/spec/network.ts';

const size = { inFeatures: 2, outFeatures: 3, hiddenFeatures: 8, hiddenLayers: 1 };

describe('siren', () => {
  it('makes the network of the paper', () => {
    const spec = siren({ ...size, omega0: 60, omegaHidden: 20 });
    expect(spec.layers.map(layer => (layer as { activation?: unknown }).activation)).toEqual([
      { kind: 'sine', omega: 60 },
      { kind: 'sine', omega: 20 },
      { kind: 'identity' },
    ]);
    expect(parameterLayout(spec).entries.map(({ name, shape }) => ({ name, shape }))).toEqual([
      { name: 'layers.0.weight', shape: [2, 8] },
      { name: 'layers.0.bias', shape: [8] },
      { name: 'layers.1.weight', shape: [8, 8] },
      { name: 'layers.1.bias', shape: [8] },
      { name: 'layers.2.weight', shape: [8, 3] },
      { name: 'layers.2.bias', shape: [3] },
    ]);
    expect(outFeatures(spec)).toBe(3);
  });

  it('is frozen, and unchanged by JSON', () => {
    const spec = siren(size);
    expect(Object.isFrozen(spec) && Object.isFrozen(spec.layers) && Object.isFrozen(spec.layers[0])).toBe(true);
    expect(parseSpec(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
  });

  it.each([
    [{ hiddenFeatures: 0 }, 'siren: hiddenFeatures must be a positive integer, got 0'],
    [{ hiddenLayers: -1 }, 'siren: hiddenLayers must be an integer >= 0, got -1'],
    [{ inFeatures: 1.5 }, 'siren: inFeatures must be a positive integer, got 1.5'],
    [{ omega0: 0 }, 'siren: omega0 must be a positive number, got 0'],
    [{ omegaHidden: Number.NaN }, 'siren: omegaHidden must be a positive number, got NaN'],
  ])('rejects %o', (wrong, message) => {
    expect(() => siren({ ...size, ...wrong })).toThrow(message);
  });
});

describe('mlp', () => {
  it('accepts any activation, with learned parameters in the layout', () => {
    const spec = mlp({ ...size, activation: gaussian({ sigma: 0.1, learnable: ['sigma'] }), biasInitialiser: null });
    expect(parameterLayout(spec).entries.map(({ name }) => name)).toEqual([
      'layers.0.weight',
      'layers.0.activation.sigma',
      'layers.1.weight',
      'layers.1.activation.sigma',
      'layers.2.weight',
    ]);
  });
});

describe('parseSpec', () => {
  const layer = siren(size).layers[0] as object;
  it.each([
    [null, 'field spec: must be an object'],
    [{ inFeatures: 2, layers: [] }, 'at least one layer'],
    [{ inFeatures: 0, layers: [layer] }, 'inFeatures must be a positive integer, got 0'],
    [{ inFeatures: 2, layers: [7] }, 'layer 0 must be an object with a kind, got 7'],
    [{ inFeatures: 2, layers: [{ kind: 'conv' }] }, "unknown layer 'conv'; known: dense"],
    [{ inFeatures: 2, layers: [{ ...layer, activation: { kind: 'swoosh' } }] }, "unknown activation 'swoosh'"],
    [{ inFeatures: 2, layers: [{ ...layer, activation: { kind: 'sine', omega: 'x' } }] }, 'omega must be a number'],
    [
      { inFeatures: 2, layers: [{ ...layer, outFeatures: 0 }] },
      'dense layer: outFeatures must be a positive integer, got 0',
    ],
    [
      { inFeatures: 2, layers: [{ ...layer, weightInitialiser: undefined }] },
      'weightInitialiser must be an object with a kind',
    ],
    [{ inFeatures: 2, layers: [{ ...layer, weightInitialiser: { kind: 'magic' } }] }, "unknown kind 'magic'"],
  ])('refuses %j', (json, message) => {
    expect(() => parseSpec(json)).toThrow(message);
  });

  it('accepts definitions of other packages, and names missing ones', () => {
    const shout = { kind: 'shout', parameters: {}, derivatives: sine({ omega: 1 }) && (() => []) };
    const spec: FieldSpec = { inFeatures: 2, layers: [{ ...layer, activation: { kind: 'shout' } } as never] };
    expect(() => parseSpec(spec)).toThrow("unknown activation 'shout'");
    expect(parseSpec(spec, { activations: [shout] }).layers).toHaveLength(1);
  });

  it('caches the network of a spec per extensions object', () => {
    const swish = { kind: 'swish', parameters: {}, derivatives: () => [] };
    const extensions = { activations: [swish] };
    const spec = parseSpec({ inFeatures: 2, layers: [{ ...layer, activation: { kind: 'swish' } }] }, extensions);
    expect(networkOf(spec, extensions)).toBe(networkOf(spec, extensions));
    expect(networkOf(spec, { activations: [swish] })).not.toBe(networkOf(spec, extensions));
    expect(() => networkOf(spec)).toThrow("unknown activation 'swish'");
    const plain = siren(size);
    expect(networkOf(plain)).toBe(networkOf(plain));
  });

  it('is optional: a mutable spec is resolved at every call', () => {
    const spec = structuredClone(siren(size)) as { inFeatures: number; layers: { outFeatures: number }[] } & FieldSpec;
    expect(outFeatures(spec)).toBe(3);
    (spec.layers.at(-1) as { outFeatures: number }).outFeatures = 5;
    expect(outFeatures(spec)).toBe(5);
  });
});
