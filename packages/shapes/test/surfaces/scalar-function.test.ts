import { createField, siren } from '@neural-fields/core';
import { memory, tensor2d } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { expect, test } from 'vitest';
import { checkMesh } from '../../src/meshes/check-mesh.ts';
import { extractSurface } from '../../src/surfaces/extract-surface.ts';
import { fieldFunction } from '../../src/surfaces/scalar-function.ts';

test('a field returns its values and exact gradients, and leaks no tensors', async () => {
  const field = createField(siren({ inFeatures: 3, outFeatures: 1, hiddenFeatures: 16, hiddenLayers: 1, omega0: 3 }), {
    seed: 1,
  });
  const before = memory().numTensors;
  const source = fieldFunction(field);
  const coords = Float32Array.of(0.1, 0.2, 0.3, -0.4, 0.5, -0.6);
  const [values, gradients] = [await source.evaluate(coords), await source.gradient(coords)];
  const [level = 0] = await source.evaluate(Float32Array.of(0, 0, 0));
  const mesh = await extractSurface(source, { level, resolution: 12, boundary: 'closed', batch: 500 });
  expect(memory().numTensors).toBe(before);
  expect(checkMesh(mesh).closed).toBe(true);
  const jet = field.jet(tensor2d(coords, [2, 3]), { gradient: true });
  expect([...values]).toEqual([...(await jet.value.data())]);
  for (const [i, value] of (await jet.gradient.data()).entries()) expect(gradients[i]).toBeCloseTo(value, 6);
  // The vertices are on the level set up to the error of linear interpolation, except where it is clipped to the box.
  const errors = (await source.evaluate(mesh.positions)).filter((_, i) =>
    mesh.positions.slice(3 * i, 3 * i + 3).every(x => Math.abs(x) < 0.9),
  );
  expect(errors.length).toBeGreaterThan(50);
  for (const error of errors) expect(Math.abs(error - level)).toBeLessThan(0.02);
});

test('fields of other sizes are rejected', async () => {
  const flat = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 4, hiddenLayers: 0 }), { seed: 1 });
  expect(() => fieldFunction(flat)).toThrow('3 coordinates, got 2');
  const wide = createField(siren({ inFeatures: 3, outFeatures: 2, hiddenFeatures: 4, hiddenLayers: 0 }), { seed: 1 });
  await expect(fieldFunction(wide).evaluate(Float32Array.of(0, 0, 0))).rejects.toThrow('1 output, got 2');
});
