/** @file A GLB in a real page: three.js loads and renders it. */
import {
  AmbientLight,
  Box3,
  Color,
  DirectionalLight,
  OrthographicCamera,
  Scene,
  type Mesh as ThreeMesh,
  WebGLRenderer,
  WebGLRenderTarget,
} from 'three';
import { GLTFLoader } from 'three/examples/jsm/loaders/GLTFLoader.js';
import { expect, test } from 'vitest';
import { encodeGlb, extractSurface, sphere } from '../../src/index.ts';

const SIDE = 64;
const RADIUS = 0.6;

test('is loaded, and shows the ball at its position', async () => {
  const mesh = await extractSurface(sphere({ radius: RADIUS }), { resolution: 24 });
  const bytes = await encodeGlb(mesh, { colour: [1, 0, 0] });
  const { scene: read } = await new GLTFLoader().parseAsync(bytes.buffer, '');
  const drawn = read.getObjectByProperty('isMesh', true) as ThreeMesh;
  expect(drawn.geometry.index?.count).toBe(mesh.triangles.length);
  expect(new Box3().setFromObject(read).max.x).toBeCloseTo(RADIUS, 1);

  const scene = new Scene();
  scene.background = new Color(0, 0, 1);
  scene.add(read, new AmbientLight(0xffffff, 1), new DirectionalLight(0xffffff, 1));
  const camera = new OrthographicCamera(-1, 1, 1, -1, 0.1, 10);
  camera.position.z = 3;
  const renderer = new WebGLRenderer();
  const target = new WebGLRenderTarget(SIDE, SIDE);
  renderer.setRenderTarget(target);
  renderer.render(scene, camera);
  const pixels = new Uint8Array(4 * SIDE * SIDE);
  renderer.readRenderTargetPixels(target, 0, 0, SIDE, SIDE, pixels);
  const isBall = Array.from(
    { length: SIDE * SIDE },
    (_, i) => (pixels[4 * i] as number) > (pixels[4 * i + 2] as number),
  );
  const share = isBall.filter(Boolean).length / isBall.length;
  expect(share).toBeCloseTo((Math.PI * RADIUS ** 2) / 4, 1);
  expect(isBall[(SIDE / 2) * SIDE + SIDE / 2]).toBe(true);
  expect(isBall[0]).toBe(false);
  renderer.dispose();
});
