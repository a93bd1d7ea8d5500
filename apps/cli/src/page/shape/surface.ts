/** @file The surface of a shape's field as a mesh, and pictures of meshes. */
import { createCamera, drawMesh } from '@neural-fields/app-kit/render';
import type { Field } from '@neural-fields/core';
import { extractSurface, fieldFunction, type Mesh } from '@neural-fields/shapes';
import type { Image } from '@neural-fields/signals';
import ndarray from 'ndarray';

/** The direction from which a surface is seen, in degrees. */
export interface ViewAngle {
  readonly azimuth: number;
  readonly elevation: number;
}

/** The view of previews, and of the pictures during a fit. */
export const FRONT: ViewAngle = { azimuth: 30, elevation: 20 };

/** The zero level of a field in [-1, 1]^3. @throws the reason of `signal` when it is aborted */
export const surfaceOf = (
  field: Field,
  {
    resolution,
    lipschitz,
    signal,
  }: { readonly resolution: number; readonly lipschitz?: number; readonly signal: AbortSignal },
): Promise<Mesh> =>
  extractSurface(fieldFunction(field), { resolution, signal, ...(lipschitz !== undefined && { lipschitz }) });

/**
 * A square picture of a mesh, which may be empty, on a transparent ground, so that it suits light and dark pages:
 * `f32[side, side, 4]`.
 */
export const pictureOf = (mesh: Mesh, { side, from }: { readonly side: number; readonly from: ViewAngle }): Image => {
  // Normals cannot be computed for an empty mesh: early in a fit a field may have no zero level.
  const drawn = mesh.triangles.length === 0 ? { ...mesh, normals: new Float32Array() } : mesh;
  return ndarray(drawMesh(drawn, createCamera(from), { width: side, height: side, transparent: true }), [
    side,
    side,
    4,
  ]);
};
