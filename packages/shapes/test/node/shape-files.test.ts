import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileError } from '@neural-fields/core/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readShape, writeShape } from '../../src/node.ts';
import { ShapeError } from '../../src/shape-error.ts';
import { tetrahedron } from '../test-meshes.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shapes-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(['a.ply', 'a.OBJ'])('%s is written and read', async name => {
  await writeShape(join(folder, name), tetrahedron());
  const { positions } = await readShape(join(folder, name));
  expect(new Set(positions)).toEqual(new Set([0, 1]));
  expect(positions).toHaveLength(12);
});

test('a GLB has its signature', async () => {
  await writeShape(join(folder, 'a.glb'), tetrahedron());
  expect((await readFile(join(folder, 'a.glb'))).subarray(0, 4).toString()).toBe('glTF');
});

test('errors contain the path', async () => {
  const path = join(folder, 'broken.xyz');
  await writeFile(path, '1 2 3\n4 5\n');
  const error = await readShape(path).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ShapeError);
  expect(error).toMatchObject({ problem: 'damaged', message: expect.stringContaining(`'${path}'`) });
  const missing = await readShape(join(folder, 'missing.ply')).catch((caught: unknown) => caught);
  expect(missing).toBeInstanceOf(FileError);
  expect(missing).toMatchObject({ problem: 'not-found' });
  await expect(writeShape(join(folder, 'a.stl'), tetrahedron())).rejects.toThrow('must end in .ply, .obj, .glb');
  await expect(writeShape(join(folder, 'empty.ply'), { positions: new Float32Array() })).rejects.toMatchObject({
    problem: 'no-points',
  });
});
