/** @file Shapes: fitted, drawn, made a mesh of, and described, by the built program. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRng } from '@neural-fields/core';
import { decodeFieldData, encodeFieldData } from '@neural-fields/core/files';
import { checkMesh, decodeShape, encodePly, extractSurface, isMesh, type Mesh, sphere } from '@neural-fields/shapes';
import { decodeImage } from '@neural-fields/signals';
import { emptyFolder, type Finished, jsonLines } from '@neural-fields/testing/programs';
import { describe, expect, test } from 'vitest';
import { run, start } from './cli.ts';
import { element, writePicture } from './examples.ts';

/** A ball of radius 5, as points with normals. */
const writeBall = (
  folder: string,
  name = 'ball.xyz',
  { columns = 6, sign = 1, middle = [10, 20, 30] } = {},
): string => {
  const { positions, normals = new Float32Array() } = sphere({ radius: 1 }).sample(500, createRng(1));
  const lines = Array.from({ length: 500 }, (_, i) => {
    const place = middle.map((value, k) => value + 5 * (positions[3 * i + k] as number));
    const normal = [0, 1, 2].map(k => sign * (normals[3 * i + k] as number));
    return [...place, ...normal].slice(0, columns).join(' ');
  });
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
  return name;
};

const ballMesh = (): Promise<Mesh> => extractSurface(sphere({ radius: 0.5 }), { resolution: 8 });

/** A network that learns a ball in a moment. */
const small = [
  '--backend',
  'simd',
  '--hidden-features',
  '16',
  '--hidden-layers',
  '1',
  '--omega0',
  '6',
  '--omega-hidden',
  '6',
];
const quick = [...small, '--batch', '300', '--learning-rate', '5e-3', '--preview-every', '0'];

const fitBall = (cwd: string, ...options: string[]): Promise<Finished> =>
  run(['fit', writeBall(cwd), '-o', 'ball.safetensors', ...quick, '--steps', '150', ...options], { cwd });

test("a cloud becomes a field, and the field a closed mesh in the cloud's own units, and pictures", async () => {
  const cwd = emptyFolder();
  const fitted = await fitBall(cwd, '--json');
  expect(fitted).toMatchObject({ code: 0, stderr: '' });
  const lines = jsonLines(fitted);
  expect(lines[0]).toMatchObject({
    signal: { kind: 'shape', points: 500 },
    settings: { batch: 300, clipNorm: 1, schedule: 'cosine' },
  });
  const done = lines.at(-1) as Record<string, number>;
  expect(done['surfaceError']).toBeLessThan(0.1);
  expect(done['normalError']).toBeLessThan(5);
  expect(done['eikonalError']).toBeLessThan(0.1);
  expect(existsSync(join(cwd, 'ball.safetensors.checkpoint'))).toBe(false);

  const meshed = await run(['mesh', 'ball.safetensors', '-o', 'ball.ply', '--resolution', '40', '--json'], { cwd });
  expect(meshed).toMatchObject({ code: 0, stderr: '' });
  expect(jsonLines(meshed).at(-1)).toMatchObject({ closed: true, components: 1, boundaryEdges: 0 });
  const mesh = await decodeShape(readFileSync(join(cwd, 'ball.ply')));
  if (!isMesh(mesh)) throw new Error('wanted a mesh');
  const report = checkMesh(mesh);
  expect(report.closed).toBe(true);
  expect(report.volume / ((4 / 3) * Math.PI * 125)).toBeCloseTo(1, 1);
  const radii = Array.from({ length: report.vertices }, (_, i) =>
    Math.hypot(...[10, 20, 30].map((middle, k) => (mesh.positions[3 * i + k] as number) - middle)),
  );
  expect(Math.min(...radii)).toBeGreaterThan(4.7);
  expect(Math.max(...radii)).toBeLessThan(5.3);
  expect(
    (await run(['mesh', 'ball.safetensors', '-o', 'ball.glb', '--resolution', '16', '--field-units'], { cwd })).code,
  ).toBe(0);
  expect(readFileSync(join(cwd, 'ball.glb')).subarray(0, 4).toString()).toBe('glTF');

  const drawn = await run(['render', 'ball.safetensors', '-o', 'ball.png', '--size', '48x32', '--azimuth', '0'], {
    cwd,
  });
  expect(drawn).toMatchObject({ code: 0 });
  const picture = await decodeImage(readFileSync(join(cwd, 'ball.png')));
  expect(picture.shape).toEqual([32, 48, 3]);
  const brightness = (y: number, x: number): number => element(picture, y, x, 0);
  expect(brightness(0, 0)).toBeGreaterThan(0.95); // the background
  expect(brightness(16, 24)).toBeLessThan(0.9);
  expect(brightness(10, 20)).toBeGreaterThan(brightness(24, 30)); // light from the upper left
  expect(
    (await run(['render', 'ball.safetensors', '-o', 'cut.png', '--size', '32', '--slice', 'z=0'], { cwd })).code,
  ).toBe(0);
  const cut = await decodeImage(readFileSync(join(cwd, 'cut.png')));
  expect(element(cut, 16, 16, 2)).toBeGreaterThan(element(cut, 16, 16, 0)); // blue inside
  expect(element(cut, 1, 1, 0)).toBeGreaterThan(element(cut, 1, 1, 2)); // orange outside

  const { stdout } = await run(['info', 'ball.safetensors'], { cwd });
  expect(stdout).toContain('represents  the signed distance of a cloud of 500 points');
  expect(stdout).toMatch(
    /box {9}x, y and z from -1 to 1; \[4\.\d+, 15\.\d+\] x \[14\.\d+, 25\.\d+\] x \[24\.\d+, 35\.\d+\]/,
  );
  expect(stdout).toMatch(/quality {5}surface 0\.0\d+ off \(in the file's units\), normals \d\.\d degrees off/);
});

test('a stopped fit goes on to the same bits, and leaves a picture of where it was', async () => {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'ball.ply'), encodePly(await ballMesh()));
  const options = [...small, '--batch', '100', '--steps', '400'];
  const whole = await run(['fit', 'ball.ply', '-o', 'whole.safetensors', ...options, '--preview-every', '0'], { cwd });
  expect(whole).toMatchObject({ code: 0 });
  expect(whole.stderr).toContain('50 points of the surface, 50 of the box and 25 near the surface a step');
  const args = [
    'fit',
    'ball.ply',
    '-o',
    'parts.safetensors',
    ...options,
    '--preview',
    'look.png',
    '--preview-every',
    '0.2',
  ];
  const running = start(args, { cwd });
  while (!existsSync(join(cwd, 'look.png'))) await new Promise(resolve => setTimeout(resolve, 20));
  running.child.kill('SIGINT');
  expect(await running.finished).toMatchObject({ code: 130 });
  expect((await decodeImage(readFileSync(join(cwd, 'look.png')))).shape).toEqual([128, 128, 3]);
  const again = await run(args.slice(0, -1).concat('60'), { cwd });
  expect(again).toMatchObject({ code: 0 });
  expect(again.stderr).toMatch(/resumes from step \d+ of/);
  expect((await decodeImage(readFileSync(join(cwd, 'look.png')))).shape).toEqual([256, 256, 3]);
  const parametersOf = (name: string): Uint8Array[] =>
    [...decodeFieldData(readFileSync(join(cwd, name))).parameters.values()].map(
      ({ data }) => new Uint8Array(data.buffer.slice(0)),
    );
  expect(parametersOf('parts.safetensors')).toEqual(parametersOf('whole.safetensors'));
});

test('a fit whose loss jumps resumes from its last good step with half the learning rate, also after a stop', async () => {
  const cwd = emptyFolder();
  const cloud = writeBall(cwd);
  const args = [
    'fit',
    cloud,
    '-o',
    'ball.safetensors',
    ...small,
    '--batch',
    '60',
    '--preview-every',
    '0',
    '--steps',
    '2000',
  ];
  const wild = [...args, '--learning-rate', '3', '--schedule', 'constant', '--json'];
  const running = start(wild, { cwd });
  await running.saw(/"step":200,/);
  running.child.kill('SIGINT');
  const first = await running.finished;
  expect(first.code).toBe(130);
  const recoveries = jsonLines(first).filter(({ event }) => event === 'recovery');
  expect(recoveries[0]).toMatchObject({ lastGoodStep: 0, learningRate: 1.5 });
  const settled = recoveries.at(-1)?.['learningRate'];
  expect(first.stderr).toMatch(
    /warning: the loss jumped to \S+ at step \d+: resumes from step 0 with half the learning rate, 1\.5\n/,
  );
  const again = start(wild, { cwd });
  await again.saw(/"event":"progress"/);
  again.child.kill('SIGINT');
  const lines = jsonLines(await again.finished);
  expect(lines.find(({ event }) => event === 'progress')).toMatchObject({ learningRate: settled });
  expect(lines[0]?.['resumedFrom']).toBeGreaterThanOrEqual(200);
});

describe('says what is wrong with', () => {
  const failures: Readonly<
    Record<string, { readonly args: readonly string[]; readonly code: 1 | 2; readonly says: string | RegExp }>
  > = {
    'a cloud without normals': {
      args: ['fit', 'bare.xyz', '-o', 'x.safetensors'],
      code: 1,
      says: /its 500 points have no normals, without which inside and outside are unknown; give a mesh, a PLY file with nx, ny and nz/,
    },
    'points at one place': {
      args: ['fit', 'one.xyz', '-o', 'x.safetensors'],
      code: 1,
      says: /cannot fit 'one\.xyz': all 3 points coincide/,
    },
    'half a PLY': { args: ['fit', 'half.ply', '-o', 'x.safetensors'], code: 1, says: /cannot read 'half\.ply': / },
    'a coordinate that is no number': {
      args: ['fit', 'nan.xyz', '-o', 'x.safetensors'],
      code: 1,
      says: /cannot read 'nan\.xyz': /,
    },
    'an option for images': {
      args: ['fit', 'ball.xyz', '-o', 'x.safetensors', '--size', '8'],
      code: 2,
      says: "--size: it is for images, and 'ball.xyz' is a shape",
    },
    'an option for shapes with an image': {
      args: ['fit', 'a.png', '-o', 'x.safetensors', '--near', '0.5'],
      code: 2,
      says: "--near: it is for shapes, and 'a.png' is an image",
    },
    'three weights': {
      args: ['fit', 'ball.xyz', '-o', 'x.safetensors', '--weights', '1,2,3'],
      code: 2,
      says: 'four numbers surface,off,normal,eikonal',
    },
    'a preview of an image': {
      args: ['fit', 'a.png', '-o', 'x.safetensors', '--preview', 'x.png'],
      code: 2,
      says: '--preview: it is for shapes, not for images',
    },
    'a weight below 0': {
      args: ['fit', 'ball.xyz', '-o', 'x.safetensors', '--weights', '1,2,3,-4'],
      code: 2,
      says: 'four numbers surface,off,normal,eikonal of at least 0',
    },
    'a preview that is no PNG': {
      args: ['fit', 'ball.xyz', '-o', 'x.safetensors', '--preview', 'x.jpg'],
      code: 2,
      says: '--preview: wanted a name that ends in .png',
    },
    'a shape where a field is wanted': {
      args: ['info', 'ball.ply'],
      code: 1,
      says: "'ball.ply' is not a field: it is a PLY shape (fit makes a field of it)",
    },
    'a mesh of an image': {
      args: ['mesh', 'a.safetensors', '-o', 'a.glb'],
      code: 1,
      says: "'a.safetensors' has no surface: wanted a field of 3 coordinates and 1 value, got a field of an image",
    },
    'a mesh in an unknown format': {
      args: ['mesh', 'ball.safetensors', '-o', 'ball.stl'],
      code: 2,
      says: '--output: wanted a name that ends in .glb, .ply, .obj',
    },
    'a level that is nowhere': {
      args: ['mesh', 'ball.safetensors', '-o', 'b.ply', '--resolution', '8', '--level', '50'],
      code: 1,
      says: 'it has no surface at the level 50',
    },
    'a mesh rendered': {
      args: ['render', 'ball.safetensors', '-o', 'ball.glb'],
      code: 2,
      says: /--output: wanted a name that ends in \.png.* for the field of a shape, got .*; the command mesh writes meshes/,
    },
    'a derivative of a shape': {
      args: ['render', 'ball.safetensors', '-o', 'b.png', '--derivative', 'laplacian'],
      code: 2,
      says: '--derivative: it is for images, and the field is of a shape',
    },
    'an azimuth of an image': {
      args: ['render', 'a.safetensors', '-o', 'b.png', '--azimuth', '3'],
      code: 2,
      says: '--azimuth: it is for shapes, and the field is of an image',
    },
    'a slice that is no plane': {
      args: ['render', 'ball.safetensors', '-o', 'b.png', '--slice', 'w=1'],
      code: 2,
      says: 'It must be a plane like x=0',
    },
    'a slice with a camera': {
      args: ['render', 'ball.safetensors', '-o', 'b.png', '--slice', 'x=1', '--zoom', '2'],
      code: 2,
      says: '--zoom: it is for a surface, and --slice shows a plane',
    },
  };

  test('each of them', async () => {
    const cwd = emptyFolder();
    await writePicture(cwd, 'a.png');
    writeBall(cwd);
    writeBall(cwd, 'bare.xyz', { columns: 3 });
    writeFileSync(join(cwd, 'one.xyz'), '1 2 3 0 0 1\n1 2 3 0 0 1\n1 2 3 0 0 1\n');
    writeFileSync(join(cwd, 'nan.xyz'), '1 2 3 0 0 1\n1 nan 3 0 0 1\n');
    const ply = encodePly(await ballMesh());
    writeFileSync(join(cwd, 'ball.ply'), ply);
    writeFileSync(join(cwd, 'half.ply'), ply.subarray(0, ply.length / 2));
    const fits = [
      ['fit', 'a.png', '-o', 'a.safetensors', ...small, '--steps', '1'],
      ['fit', 'ball.xyz', '-o', 'ball.safetensors', ...quick, '--steps', '1'],
    ];
    for (const args of fits) expect((await run(args, { cwd })).code).toBe(0);
    for (const [name, { args, code, says }] of Object.entries(failures)) {
      const result = await run(args, { cwd });
      expect({ name, code: result.code, stdout: result.stdout }).toEqual({ name, code, stdout: '' });
      expect(result.stderr.trimEnd().split('\n').at(-1), name).toMatch(says);
      expect(result.stderr, name).not.toMatch(/\n +at |unexpected error/);
    }
  }, 120_000);
});

test('normals that point inwards, and meshes that are open or inside out, are noticed', async () => {
  const cwd = emptyFolder();
  const noticed = async (name: string): Promise<string> =>
    (await run(['fit', name, '-o', 'x.safetensors', ...quick, '--steps', '1'], { cwd })).stderr;
  expect(await noticed(writeBall(cwd, 'inward.xyz', { sign: -1 }))).toContain('the normals seem to point inwards');
  const { normals: _, ...mesh } = await ballMesh();
  const inverted = { ...mesh, triangles: mesh.triangles.slice().reverse() };
  writeFileSync(join(cwd, 'inverted.ply'), encodePly(inverted));
  expect(await noticed('inverted.ply')).toContain('the triangles face inwards, and were flipped');
  writeFileSync(join(cwd, 'open.ply'), encodePly({ ...mesh, triangles: mesh.triangles.slice(3) }));
  expect(await noticed('open.ply')).toContain(
    'the mesh is not closed (3 boundary edges): the field closes it arbitrarily',
  );
});

test('a field of the library with the similarity of its shape is meshed in the units of the shape', async () => {
  const cwd = emptyFolder();
  await fitBall(cwd, '--steps', '40');
  const { metadata: _, state: __, ...data } = decodeFieldData(readFileSync(join(cwd, 'ball.safetensors')));
  const similarity = JSON.stringify({ scale: 0.1, offset: [0, 0, 0] });
  writeFileSync(join(cwd, 'own.safetensors'), encodeFieldData(data, { metadata: { 'shape.similarity': similarity } }));
  expect((await run(['info', 'own.safetensors'], { cwd })).stdout).toContain('the signed distance of a shape');
  expect((await run(['mesh', 'own.safetensors', '-o', 'own.ply', '--resolution', '12', '--full'], { cwd })).code).toBe(
    0,
  );
  const { positions } = await decodeShape(readFileSync(join(cwd, 'own.ply')));
  expect(Math.max(...positions)).toBeGreaterThan(2);
});

test('a shape far from the origin keeps its form, and comes back to where it was', async () => {
  const cwd = emptyFolder();
  // In float32 the second of these coordinates can only be told to half a unit.
  const middle = [694_385.8, 5_155_487.1, 380.7];
  const cloud = writeBall(cwd, 'far.xyz', { middle });
  expect(await run(['fit', cloud, '-o', 'far.safetensors', ...quick, '--steps', '150'], { cwd })).toMatchObject({
    code: 0,
  });
  expect((await run(['info', 'far.safetensors'], { cwd })).stdout).toMatch(
    /\[694380\.\d+, 694391\.\d+\] x \[5155481\.\d+, 5155492\.\d+\] x \[375\.\d+, 386\.\d+\] in the file's units/,
  );
  for (const name of ['far.ply', 'far.obj']) {
    expect(await run(['mesh', 'far.safetensors', '-o', name, '--resolution', '40'], { cwd })).toMatchObject({
      code: 0,
    });
    const mesh = await decodeShape(readFileSync(join(cwd, name)));
    if (!isMesh(mesh) || !mesh.offset) throw new Error('wanted a mesh with an offset');
    expect(checkMesh(mesh)).toMatchObject({ closed: true, degenerateTriangles: 0, duplicateVertices: 0 });
    const offset = mesh.offset;
    const radii = Array.from({ length: mesh.positions.length / 3 }, (_, i) =>
      Math.hypot(...middle.map((value, k) => (mesh.positions[3 * i + k] as number) + (offset[k] as number) - value)),
    );
    expect(Math.min(...radii)).toBeGreaterThan(4.7);
    expect(Math.max(...radii)).toBeLessThan(5.3);
  }
});

test('what is left out of a file is said, and nothing else is printed', async () => {
  const cwd = emptyFolder();
  const mesh = await ballMesh();
  const rows = (values: ArrayLike<number>, keyword: string, add: number): string =>
    Array.from(
      { length: values.length / 3 },
      (_, i) => `${keyword} ${[0, 1, 2].map(k => (values[3 * i + k] as number) + add).join(' ')}`,
    ).join('\n');
  const obj = `usemap none\n${rows(mesh.positions, 'v', 0)}\nv 1e6 0 0\n${rows(mesh.triangles, 'f', 1)}\nl 1 2\nvn nan nan nan\n`;
  writeFileSync(join(cwd, 'a.obj'), obj.replaceAll('\n', '\r'));
  const { stderr } = await run(['fit', 'a.obj', '-o', 'a.safetensors', ...quick, '--steps', '1'], { cwd });
  expect(stderr).toContain('1 line ignored\n1 point that no face uses ignored\n');
  const quiet = await run(['fit', 'a.obj', '-o', 'b.safetensors', ...quick, '--steps', '1', '--quiet', '--json'], {
    cwd,
  });
  expect(quiet).toMatchObject({ code: 0, stderr: '' });
  expect(jsonLines(quiet).map(({ event }) => event)).toEqual(expect.arrayContaining(['done']));
});
