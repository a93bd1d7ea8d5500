/** @file The colour of a surface point: a matt material under three lamps that are fixed to the camera. */
import type { Camera, Vector } from './camera.ts';

/** What some rays hit. */
export interface SurfaceSamples {
  /** The distance from the camera; NaN where there is no surface. */
  readonly depths: Float32Array;
  /** `f32[n, 3]`, outward unit normals; meaningless where there is no surface. */
  readonly normals: Float32Array;
  /** The fraction of the sky that each point sees, from 0 to 1; 1 if absent. */
  readonly openness?: Float32Array;
}

/** Lamps in the camera's axes (right, up, towards the camera), each with its strength. */
const LAMPS: readonly { readonly direction: Vector; readonly strength: number }[] = [
  { direction: [-0.45, 0.6, 0.66], strength: 0.72 },
  { direction: [0.8, 0.1, 0.59], strength: 0.2 },
];
/** Light from above and from below. */
const SKY = 0.28;
const GROUND = 0.12;
/** Linear red, green and blue. */
const MATERIAL: Vector = [0.68, 0.66, 0.62];
/** The background's colour, gamma-encoded as in files. */
export const BACKGROUND: Vector = [0.965, 0.968, 0.975];

const encode = (linear: number): number => Math.min(1, linear) ** (1 / 2.2);

/**
 * The colours of samples, `f32[n, 3]` in [0, 1], encoded with a gamma of 2.2; where there is no surface, that of the
 * background.
 */
export const shadeSamples = (
  { right, up, forward }: Camera,
  { depths, normals, openness }: SurfaceSamples,
): Float32Array => {
  const count = depths.length;
  const colours = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) {
    if (Number.isNaN(depths[i])) {
      colours.set(BACKGROUND, 3 * i);
      continue;
    }
    const along = (axis: Vector): number => axis.reduce((sum, c, k) => sum + c * (normals[3 * i + k] as number), 0);
    const local = [along(right), along(up), -along(forward)];
    const open = openness?.[i] ?? 1;
    let light = open * (GROUND + (SKY - GROUND) * (0.5 + 0.5 * (local[1] as number)));
    for (const { direction, strength } of LAMPS) {
      const cosine = direction.reduce((sum, c, k) => sum + c * (local[k] as number), 0);
      light += strength * Math.max(0, cosine) * (0.5 + 0.5 * open);
    }
    for (let k = 0; k < 3; k++) colours[3 * i + k] = encode((MATERIAL[k] as number) * light);
  }
  return colours;
};
