import { expect, it } from 'vitest';
import { formatOf } from '../../src/field-jet/format.ts';
import type { LayerActivation } from '../../src/wgsl/activations.ts';
import { single } from '../../src/wgsl/jet-format.ts';
import { layerActivation } from '../setup/layer-activation.ts';

const network = (order: 0 | 1 | 2, ...activations: readonly LayerActivation[]) => ({
  inFeatures: 2,
  order,
  layers: [...activations, layerActivation('identity')].map(activation => ({
    inFeatures: 2,
    outFeatures: 2,
    hasBias: true,
    activation,
  })),
});
const sine = (omega: number): LayerActivation => layerActivation('sine', { omega });

it('divides derivatives by a power of two near the steepest factor on an argument', () => {
  const scaleOf = (...activations: Parameters<typeof network>[1][]): number => formatOf(network(2, ...activations), true).scale;
  expect(scaleOf(sine(30), sine(30))).toBe(32);
  expect(scaleOf(sine(3000), sine(30))).toBe(4096);
  expect(scaleOf(sine(-0.1))).toBe(1);
  expect(scaleOf(layerActivation('tanh', {}))).toBe(1);
  expect(scaleOf(layerActivation('gaussian', { a: 0.05 }))).toBe(16);
  expect(scaleOf(layerActivation('super-gaussian', { a: 0.5, b: 4 }))).toBe(4);
  expect(formatOf(network(0, sine(30)), true)).toEqual({ half: true, scale: 1 });
});

it('is float32 if nothing else is asked for, and for derivatives behind an encoding', () => {
  expect(formatOf(network(2, sine(30)), false)).toEqual(single);
  expect(formatOf({ ...network(1, sine(30)), encodedFeatures: 8 }, true)).toEqual(single);
  expect(formatOf({ ...network(0, sine(30)), encodedFeatures: 8 }, true)).toEqual({ half: true, scale: 1 });
});
