/** @file Draws a picture of a mesh, with the camera and lamps used for fields and a depth buffer. */
import { type Mesh, vertexNormals } from '@neural-fields/shapes';
import type { Camera, PictureSize } from './camera.ts';
import { shadeSamples } from './shade.ts';

/** Samples along each side of a pixel. */
const FINER = 2;

/**
 * The vertices of a mesh as the camera sees them: `f64[n, 3]`, in samples to the right and down, and the depth along
 * the view direction.
 */
const project = (positions: Float32Array, camera: Camera, { width, height }: PictureSize): Float64Array => {
  const half = Math.min(width, height) / 2;
  const placed = new Float64Array(positions.length);
  for (let i = 0; i < positions.length; i += 3) {
    const along = (axis: readonly number[]): number =>
      axis.reduce((sum, c, k) => sum + c * ((positions[i + k] as number) - (camera.position[k] as number)), 0);
    const depth = along(camera.forward);
    placed[i] = width / 2 + (half * along(camera.right)) / (camera.slope * depth);
    placed[i + 1] = height / 2 - (half * along(camera.up)) / (camera.slope * depth);
    placed[i + 2] = depth;
  }
  return placed;
};

/** The size of a picture, and what is where the mesh is not. */
export interface DrawMeshOptions extends PictureSize {
  /** Whether the picture has a fourth channel, the fraction of each pixel that the mesh covers; false if absent. */
  readonly transparent?: boolean;
}

/**
 * The means of the samples of each pixel, `f32[height, width, 3]`; with `transparent` those of the samples on the mesh,
 * and the fraction of these samples, `f32[height, width, 4]`.
 */
const averageSamples = (
  colours: Float32Array,
  depths: Float32Array,
  { width, height, transparent = false }: DrawMeshOptions,
): Float32Array => {
  const channels = transparent ? 4 : 3;
  const picture = new Float32Array(channels * width * height);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const start = channels * (row * width + column);
      let covered = 0;
      for (let k = 0; k < FINER ** 2; k++) {
        const sample = (FINER * row + Math.floor(k / FINER)) * FINER * width + FINER * column + (k % FINER);
        if (transparent && Number.isNaN(depths[sample])) continue;
        covered++;
        for (let c = 0; c < 3; c++)
          picture[start + c] = (picture[start + c] as number) + (colours[3 * sample + c] as number);
      }
      for (let c = 0; c < 3; c++) picture[start + c] = (picture[start + c] as number) / Math.max(1, covered);
      if (transparent) picture[start + 3] = covered / FINER ** 2;
    }
  return picture;
};

/**
 * Draws a mesh: `f32[height, width, 3]` in [0, 1], row-major, or 4 channels with `transparent`. Normals are
 * interpolated from those of its vertices, which are computed if it has none.
 */
export const drawMesh = (mesh: Mesh, camera: Camera, options: DrawMeshOptions): Float32Array => {
  const { width, height } = options;
  const size = { width: FINER * width, height: FINER * height };
  const corners = project(mesh.positions, camera, size);
  const cornerNormals = mesh.normals ?? vertexNormals(mesh);
  const count = size.width * size.height;
  const depths = new Float32Array(count).fill(Number.NaN);
  const normals = new Float32Array(3 * count);
  for (let t = 0; t < mesh.triangles.length; t += 3) {
    const [a, b, c] = [0, 1, 2].map(k => 3 * (mesh.triangles[t + k] as number)) as [number, number, number];
    const at = (corner: number, k: number): number => corners[corner + k] as number;
    if (Math.min(at(a, 2), at(b, 2), at(c, 2)) <= 0) continue;
    const xs = [at(a, 0), at(b, 0), at(c, 0)];
    const ys = [at(a, 1), at(b, 1), at(c, 1)];
    const area = (at(b, 0) - at(a, 0)) * (at(c, 1) - at(a, 1)) - (at(b, 1) - at(a, 1)) * (at(c, 0) - at(a, 0));
    if (area === 0) continue;
    const [left, right] = [
      Math.max(0, Math.ceil(Math.min(...xs) - 0.5)),
      Math.min(size.width - 1, Math.floor(Math.max(...xs) - 0.5)),
    ];
    const [top, bottom] = [
      Math.max(0, Math.ceil(Math.min(...ys) - 0.5)),
      Math.min(size.height - 1, Math.floor(Math.max(...ys) - 0.5)),
    ];
    for (let y = top; y <= bottom; y++)
      for (let x = left; x <= right; x++) {
        const [px, py] = [x + 0.5, y + 0.5];
        const share = (from: number, to: number): number =>
          ((at(to, 0) - at(from, 0)) * (py - at(from, 1)) - (at(to, 1) - at(from, 1)) * (px - at(from, 0))) / area;
        const weights = [share(b, c), share(c, a), share(a, b)] as const;
        if (weights.some(weight => weight < 0)) continue;
        // Quantities that are linear in space are linear in the picture once divided by the depth.
        const scaled = [a, b, c].map((corner, k) => (weights[k] as number) / at(corner, 2));
        const depth = 1 / scaled.reduce((sum, weight) => sum + weight, 0);
        const i = y * size.width + x;
        if ((depths[i] as number) <= depth) continue;
        depths[i] = depth;
        const normal = [0, 1, 2].map(k =>
          [a, b, c].reduce((sum, corner, j) => sum + (scaled[j] as number) * (cornerNormals[corner + k] as number), 0),
        );
        const length = Math.hypot(...normal) || 1;
        for (let k = 0; k < 3; k++) normals[3 * i + k] = (normal[k] as number) / length;
      }
  }
  const colours = shadeSamples(camera, { depths, normals });
  return averageSamples(colours, depths, options);
};
