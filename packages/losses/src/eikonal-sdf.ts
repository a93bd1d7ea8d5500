/** @file A signed distance from the points of a surface alone. Sitzmann et al. 2020, arXiv:2006.09661, section 4.2. */
import { mul, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { assertPositive, assertWeight } from './assert.ts';
import { eikonalErrors, eikonalTangents, total } from './eikonal.ts';
import { type JetLoss, jetLoss } from './jet-loss.ts';
import { absolute, absoluteValue, penaltyTangent } from './penalty.ts';
import {
  closeness,
  closenessTangents,
  misalignment,
  misalignmentTangents,
  whereOff,
  whereOn,
} from './surface-terms.ts';
import type { Targets } from './targets.ts';

/** The options of {@link eikonalSdf}. */
export interface EikonalSdfOptions {
  /** The name of a target, `f32[n, 1]`, that is 1 at points on the surface and 0 at others; `surface` if absent. */
  readonly surface?: string;
  /**
   * The name of a target with the normal at each point, `f32[n, d]`; `normal` if absent. `null` for points without
   * normals.
   */
  readonly normal?: string | null;
  /** Whether the normals are known to point outwards; `true` if absent. */
  readonly oriented?: boolean;
  /** On |Phi| at the surface, in units of one over the distance; 3000 if absent. */
  readonly surfaceWeight?: number;
  /** On exp(-sharpness |Phi|) off the surface; 100 if absent. */
  readonly offSurfaceWeight?: number;
  /** On 1 - cos(grad Phi, n) at the surface; 100 if absent. */
  readonly normalWeight?: number;
  /** On ||grad Phi| - 1| everywhere; 50 if absent. */
  readonly eikonalWeight?: number;
  /** In units of one over the distance; 100 if absent. */
  readonly sharpness?: number;
}

/**
 * A signed distance from points of a surface and their normals:
 *
 *     w_s |Phi| + w_n (1 - cos(grad Phi, n))   on the surface
 *     w_o exp(-sharpness |Phi|)                off it
 *     w_e ||grad Phi| - 1|                     everywhere
 *
 * averaged over all points, on and off the surface together, as the authors do: half of their points are on it. The
 * distance is positive on the side that the normals point to.
 *
 * With `normal: null` nothing tells the inside from the outside, and the sign is that of the initial field: fit a
 * ball's distance first, or add `divergencePenalty`.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, equation 6, and the weights of its code. They are for shapes that fill [-1,
 * 1]: a distance is at most some 1.
 *
 * @throws RangeError when a weight is negative or `sharpness` not positive; when evaluated, if the points lack a target
 *   or its width is wrong
 */
export const eikonalSdf = (options: EikonalSdfOptions = {}): JetLoss<{ readonly gradient: true }> => {
  const { surface = 'surface', normal = 'normal', oriented = true, sharpness = 100 } = options;
  const { surfaceWeight = 3e3, offSurfaceWeight = 1e2, normalWeight = 1e2, eikonalWeight = 5e1 } = options;
  for (const [name, weight] of Object.entries({ surfaceWeight, offSurfaceWeight, normalWeight, eikonalWeight }))
    assertWeight(`eikonalSdf: ${name}`, weight);
  assertPositive('eikonalSdf: sharpness', sharpness);
  const name = 'eikonalSdf';
  /** The weighted sum of the parts, or of their derivatives; without a direction where there are no normals. */
  const whole = (
    parts: Record<'size' | 'near' | 'slope', Tensor2D> & { readonly direction?: Tensor2D },
    targets: Targets,
  ): Tensor => {
    const { size, direction, near, slope } = parts;
    const onSurface = mul(size, surfaceWeight);
    return total([
      whereOn(name, direction ? total([onSurface, mul(direction, normalWeight)]) : onSurface, surface, targets),
      whereOff(name, mul(near, offSurfaceWeight), surface, targets),
      mul(slope, eikonalWeight),
    ]);
  };
  return jetLoss(
    name,
    { gradient: true },
    ({ value, gradient }, { targets }) => {
      const parts = {
        size: absoluteValue(value),
        near: closeness(value, sharpness),
        slope: eikonalErrors(gradient, absolute),
        ...(normal !== null && { direction: misalignment(name, gradient, { normal, oriented, targets }) }),
      };
      return whole(parts, targets);
    },
    ({ value, gradient }, moved, { targets }) => {
      const parts = {
        size: penaltyTangent(absolute, value, moved.value),
        near: closenessTangents(value, moved.value, sharpness),
        slope: eikonalTangents(gradient, moved.gradient, absolute),
        ...(normal !== null && {
          direction: misalignmentTangents(name, gradient, moved.gradient, { normal, oriented, targets }),
        }),
      };
      return whole(parts, targets);
    },
  );
};
