/**
 * @file End to end: points of a shape, a field fitted to them, its surface as a mesh, and the distance of that from the
 *   shape.
 */
import '@tensorflow/tfjs-backend-cpu';
import { adam, createField, createRng, fit, type PointLoss, siren, term } from '@neural-fields/core';
import { add, mul, square, squeeze, sub, sum } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { sphere } from '../src/analytic/sphere.ts';
import { checkMesh } from '../src/meshes/check-mesh.ts';
import { insideTest } from '../src/meshes/inside-test.ts';
import { surfaceDistance } from '../src/metrics/surface-distance.ts';
import { occupancyBelow, volumeIou } from '../src/metrics/volume-iou.ts';
import { sampleMesh } from '../src/sampling/sample-mesh.ts';
import { sdfPoints } from '../src/sampling/sdf-points.ts';
import { extractSurface } from '../src/surfaces/extract-surface.ts';
import { fieldFunction } from '../src/surfaces/scalar-function.ts';

/** On the surface the value is 0 and the gradient is the normal; elsewhere the gradient has length 1. */
const surfaceLoss: PointLoss<{ readonly gradient: true }> = ({ value, gradient }, { targets }) => {
  const { surface, normal } = targets;
  if (!surface || !normal) throw new Error('the points must be marked');
  const slopes = squeeze(gradient, [2]);
  const on = add(square(value), mul(sum(square(sub(slopes, normal)), 1, true), 0.1));
  const off = mul(square(sub(sum(square(slopes), 1, true), 1)), 0.1);
  return add(mul(surface, on), mul(sub(1, surface), off));
};

test('a field fitted to the points of a sphere has a closed surface near it', async () => {
  const shape = sphere({ radius: 0.6 });
  const points = sdfPoints(shape.sample(2000, createRng(1)), { onSurface: 64, offSurface: 32 });
  const field = createField(siren({ inFeatures: 3, outFeatures: 1, hiddenFeatures: 24, hiddenLayers: 1, omega0: 2 }), {
    seed: 1,
  });
  const losses: number[] = [];
  const terms = [term({ points, derivatives: { gradient: true }, loss: surfaceLoss })];
  for await (const { loss } of fit(field, terms, { steps: 200, seed: 1, optimizer: adam({ learningRate: 3e-3 }) }))
    losses.push(loss);
  expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);

  const mesh = await extractSurface(fieldFunction(field), { resolution: 24, refine: 2 });
  expect(checkMesh(mesh)).toMatchObject({ manifold: true, eulerCharacteristic: 2, components: 1 });
  expect(
    await volumeIou(occupancyBelow(shape), insideTest(mesh), { rng: createRng(2), count: 20_000 }),
  ).toBeGreaterThan(0.85);
  const found = sampleMesh(mesh, { count: 2000, rng: createRng(3), normals: 'vertex' });
  const { chamferL1, normalConsistency } = surfaceDistance(found, shape.sample(2000, createRng(4)));
  expect(chamferL1).toBeLessThan(0.06);
  expect(normalConsistency).toBeGreaterThan(0.85);
  field.dispose();
});
