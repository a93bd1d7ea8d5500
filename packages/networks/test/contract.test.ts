/**
 * @file The contract of all presets: derivatives agree with float64 differences of the value, and the kernels of simd
 * and native run the whole network.
 */
import '@neural-fields/kernels-wasm';
import '@tensorflow/tfjs-backend-cpu';
import { decodeField, encodeField, type Field } from '@neural-fields/core';
import { expectParity, pointsFor } from '@neural-fields/kernel-contract';
import { nativeProblem } from '@neural-fields/kernels-native';
import { expectCloseInNorm } from '@neural-fields/testing';
import { ready, setBackend, tensor2d } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { networkExtensions, networkPresets } from '../src/index.ts';
import { float64Field } from './float64-field.ts';
import { smallField } from './small.ts';

const POINTS = 5;

/**
 * Phases reach 300 radians in multiplicative filter networks, where float32 has an error of 1e-5 radians; each
 * derivative is a sum of products of several such factors.
 */
const TOLERANCES = {
  value: { relative: 3e-5 },
  gradient: { relative: 6e-5 },
  // The second differences themselves have an error of up to 2e-6: that of a rectifier's is not 0.
  laplacian: { relative: 2e-4, absolute: 5e-6 },
};

/** Rectifiers of many directions and grids have kinks everywhere, which a small step is less likely to cross. */
const stepOf = (name: string): number | undefined => (/^(relu-|instant-ngp)/.test(name) ? 1e-5 : undefined);

const pointsOf = (field: Field): number[][] => {
  const coords = pointsFor(field, POINTS);
  return Array.from({ length: POINTS }, (_, i) => [...coords.slice(2 * i, 2 * i + 2)]);
};

describe.each(networkPresets)('$name', preset => {
  it('has the value, gradient and Laplacian of its float64 evaluation', async () => {
    await setBackend('cpu');
    await ready();
    const field = smallField(preset);
    const points = pointsOf(field);
    const reference = float64Field(field, stepOf(preset.name));
    const at = points.map(point => Float64Array.from(point));
    const jet = field.jet(tensor2d(points), { gradient: true, laplacian: true });
    const flat = (values: readonly Float64Array[]): number[] => values.flatMap(each => [...each]);
    const expected = {
      value: flat(at.map(reference.value)),
      gradient: flat(at.flatMap(reference.gradient)),
      laplacian: flat(at.map(reference.laplacian)),
    };
    for (const part of ['value', 'gradient', 'laplacian'] as const)
      expectCloseInNorm(await jet[part].data(), expected[part], TOLERANCES[part], part);
    field.dispose();
  });

  it.for(['simd', 'native'])(
    'runs entirely in the kernels of %s, and agrees with the composed ops',
    async (backend, context) => {
      if (backend === 'native' && nativeProblem !== undefined) return context.skip(nativeProblem);
      await setBackend('cpu');
      const field = smallField(preset);
      await expectParity({
        backend,
        field,
        points: 37,
        request: { gradient: true, laplacian: true },
        relative: 2e-4,
        fused: 'whole',
      });
      field.dispose();
    },
  );

  it('survives a file', async () => {
    await setBackend('cpu');
    const field = smallField(preset);
    const copy = decodeField(await encodeField(field), networkExtensions);
    const points = tensor2d(pointsOf(field));
    expect(await copy.evaluate(points).data()).toEqual(await field.evaluate(points).data());
    field.dispose();
    copy.dispose();
  });
});
