/** @file Pictures of surfaces: rays, triangles and planes, compared with closed forms and with each other. */
import { extractSurface, type ScalarFunction, sphere, torus } from '@neural-fields/shapes';
import { expect, test } from 'vitest';
import { createCamera, raysThrough } from '../src/render/surface/camera.ts';
import { drawMesh } from '../src/render/surface/draw-mesh.ts';
import { renderSurface } from '../src/render/surface/render-surface.ts';
import { BACKGROUND } from '../src/render/surface/shade.ts';
import { slicePicture } from '../src/render/surface/slice-picture.ts';
import { traceRays } from '../src/render/surface/trace-rays.ts';

const RADIUS = 0.6;
const ball = sphere({ radius: RADIUS });
const size = { width: 24, height: 16 };
const camera = createCamera({ azimuth: 35, elevation: -20 });
const everyPixel = Float64Array.from({ length: 2 * 24 * 16 }, (_, n) =>
  n % 2 === 0 ? ((n / 2) % 24) + 0.5 : Math.floor((n - 1) / 2 / 24) + 0.5,
);

/**
 * A function that is no exact distance: its gradient is as long as `steepness`, and longer or shorter from place to
 * place.
 */
const distorted = (steepness: number): Pick<ScalarFunction, 'evaluate'> => ({
  evaluate: coords =>
    ball.evaluate(coords).map((value, i) => steepness * value * (1 + 0.1 * Math.sin(9 * (coords[3 * i] as number)))),
});

test.each([1, 0.5, 1.3])(
  'rays meet a ball where they should, by a function with gradients of length %d',
  async steepness => {
    const { origin, directions } = raysThrough(camera, everyPixel, size);
    const depths = await traceRays(distorted(steepness), { origin, directions });
    let hits = 0;
    for (const [i, depth] of depths.entries()) {
      const along = origin.reduce((sum, c, k) => sum + c * (directions[3 * i + k] as number), 0);
      const discriminant = along ** 2 - (origin.reduce((sum, c) => sum + c * c, 0) - RADIUS ** 2);
      // Rays that graze the ball may go either way.
      if (Math.abs(discriminant) < 0.02) continue;
      if (discriminant < 0) expect(depth).toBeNaN();
      else {
        hits++;
        expect(Math.abs(depth - (-along - Math.sqrt(discriminant)))).toBeLessThan(5e-3);
      }
    }
    expect(hits).toBeGreaterThan(30);
  },
);

test('rays find a surface that is thinner than a step, and the box that cuts one off', async () => {
  const ring = torus({ major: 0.7, minor: 0.03 });
  const front = createCamera({ azimuth: 0, elevation: 0 });
  const at = (x: number): Promise<Float32Array> =>
    traceRays(ring, { origin: [x, 0, 2], directions: new Float32Array([0, 0, -1]) });
  expect((await at(0.7))[0]).toBeCloseTo(2 - 0.03, 2);
  expect((await at(0))[0]).toBeNaN();
  const everywhere = { evaluate: (coords: Float32Array) => new Float32Array(coords.length / 3).fill(-1) };
  expect(
    (await traceRays(everywhere, { origin: front.position, directions: new Float32Array([0, 0, -1]) }))[0],
  ).toBeCloseTo((front.position[2] as number) - 1, 5);
  expect(await traceRays(ring, { origin: [0, 0, 2], directions: new Float32Array() })).toHaveLength(0);
});

test('cameras stand where they are put', () => {
  const round = (v: readonly number[]): number[] => v.map(c => Math.round(1e6 * c) / 1e6 + 0);
  const [front, right, top, upright] = [
    createCamera({ azimuth: 0, elevation: 0 }),
    createCamera({ azimuth: 90, elevation: 0, zoom: 2 }),
    createCamera({ azimuth: 0, elevation: 90 }),
    createCamera({ azimuth: 0, elevation: 0, up: 'z' }),
  ];
  const distance = front.position[2];
  expect(round(front.forward)).toEqual([0, 0, -1]);
  expect(round(front.right)).toEqual([1, 0, 0]);
  expect(round(right.position)).toEqual(round([distance / 2, 0, 0]));
  expect(round(right.right)).toEqual([0, 0, -1]);
  expect(round(top.position)).toEqual(round([0, distance, 0]));
  expect(round(upright.position)).toEqual(round([0, -distance, 0]));
  expect(round(upright.up)).toEqual([0, 0, 1]);
});

test('a field and its mesh look the same, and the light comes from the upper left', async () => {
  const side = 48;
  const options = { width: side, height: side };
  const shares: number[] = [];
  const fromRays = await renderSurface(torus({ major: 0.6, minor: 0.25 }), camera, {
    ...options,
    raysPerPass: 500,
    report: share => shares.push(share),
  });
  const fromMesh = drawMesh(
    await extractSurface(torus({ major: 0.6, minor: 0.25 }), { resolution: 48 }),
    camera,
    options,
  );
  const meanDifference = (a: Float32Array, b: Float32Array): number =>
    a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] as number)), 0) / a.length;
  const empty = fromRays.map((_, i) => BACKGROUND[i % 3] as number);
  // Rays see the sky that a place is open to, and triangles do not.
  expect(meanDifference(fromRays, fromMesh)).toBeLessThan(meanDifference(fromRays, empty) / 5);
  expect(shares.at(-1)).toBe(1);
  expect([...shares].sort((a, b) => a - b)).toEqual(shares);
  const round = await renderSurface(ball, createCamera({ azimuth: 0, elevation: 0 }), options);
  const at = (x: number, y: number): number => round[3 * (y * side + x)] as number;
  expect(at(18, 18)).toBeGreaterThan(at(30, 30));
});

test('a transparent picture of a mesh, put on the background, is the opaque one', async () => {
  const mesh = await extractSurface(ball, { resolution: 16 });
  const options = { width: 24, height: 20 };
  const [opaque, transparent] = [
    drawMesh(mesh, camera, options),
    drawMesh(mesh, camera, { ...options, transparent: true }),
  ];
  const alphas = new Set<number>();
  for (let pixel = 0; pixel < 24 * 20; pixel++) {
    const alpha = transparent[4 * pixel + 3] as number;
    alphas.add(alpha);
    for (let c = 0; c < 3; c++) {
      const composed = alpha * (transparent[4 * pixel + c] as number) + (1 - alpha) * (BACKGROUND[c] as number);
      expect(composed).toBeCloseTo(opaque[3 * pixel + c] as number, 5);
    }
  }
  // The background, the inside and the silhouette.
  expect([alphas.has(0), alphas.has(1)]).toEqual([true, true]);
  expect([...alphas].some(alpha => alpha > 0 && alpha < 1)).toBe(true);
});

test('a picture that is stopped says why', async () => {
  const stopped = AbortSignal.abort(new Error('enough'));
  await expect(renderSurface(ball, camera, { ...size, signal: stopped })).rejects.toThrow('enough');
  await expect(slicePicture(ball, { ...size, slice: { axis: 'z', at: 0 }, signal: stopped })).rejects.toThrow('enough');
});

test('a plane shows the inside blue, the outside orange and the surface dark', async () => {
  const side = 64;
  const moved: Pick<ScalarFunction, 'evaluate'> = {
    evaluate: coords => ball.evaluate(coords.map((c, i) => (i % 3 === 1 ? c - 0.3 : c))), // up by 0.3
  };
  const picture = await slicePicture(moved, {
    width: side,
    height: side,
    slice: { axis: 'z', at: 0 },
    pointsPerPass: 1000,
  });
  const pixel = (x: number, y: number): number[] => {
    const [i, j] = [Math.floor(((x + 1) / 2) * side), Math.floor(((1 - y) / 2) * side)];
    return [...picture.subarray(3 * (j * side + i), 3 * (j * side + i) + 3)];
  };
  const [blue, orange] = [pixel(0.02, 0.35), pixel(0.7, -0.7)] as [number[], number[]];
  expect(blue[2]).toBeGreaterThan((blue[0] as number) + 0.1);
  expect(orange[0]).toBeGreaterThan((orange[2] as number) + 0.1);
  expect(Math.max(...pixel(0.6, 0.3))).toBeLessThan(0.45);
  const beyond = await slicePicture(moved, { width: 8, height: 8, slice: { axis: 'z', at: 0.9 } });
  expect(beyond.every((value, i) => i % 3 !== 0 || value >= (beyond[i + 2] as number))).toBe(true);
});
