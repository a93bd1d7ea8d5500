/**
 * @file Learns a signed distance from the points of a surface alone. Sitzmann et al. 2020, arXiv:2006.09661, section
 *   4.2.
 */
import { assertNonNegative, assertOptions, assertPositive } from '@neural-fields/core/options';
import { mul, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
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
  /** The weight of |Phi| on the surface, per unit of distance; 3000 if absent. */
  readonly surfaceWeight?: number;
  /** The weight of exp(-sharpness |Phi|) off the surface; 100 if absent. */
  readonly offSurfaceWeight?: number;
  /** The weight of 1 - cos(grad Phi, n) on the surface; 100 if absent. */
  readonly normalWeight?: number;
  /** The weight of ||grad Phi| - 1| everywhere; 50 if absent. */
  readonly eikonalWeight?: number;
  /** Per unit of distance; 100 if absent. */
  readonly sharpness?: number;
}

/**
 * A signed distance from points of a surface and their normals:
 *
 *     w_s |Phi| + w_n (1 - cos(grad Phi, n))   on the surface
 *     w_o exp(-sharpness |Phi|)                off it
 *     w_e ||grad Phi| - 1|                     everywhere
 *
 * averaged over all points, on and off the surface together. The authors place half of their points on the surface. The
 * distance is positive on the side that the normals point to.
 *
 * With `normal: null` nothing distinguishes inside from outside, and the initial field determines the sign: fit the
 * distance of a ball first, or add `divergencePenalty`.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, equation 6, and the weights of its code. They suit shapes that fill [-1, 1],
 * where distances are at most about 1.
 *
 * @throws RangeError when a weight is negative or `sharpness` not positive; when evaluated, if the points lack a target
 *   or its width is wrong
 */
export const eikonalSdf = (options: EikonalSdfOptions = {}): JetLoss<{ readonly gradient: true }> => {
  assertOptions('eikonalSdf', options, {
    surface: 1,
    normal: 1,
    oriented: 1,
    surfaceWeight: 1,
    offSurfaceWeight: 1,
    normalWeight: 1,
    eikonalWeight: 1,
    sharpness: 1,
  });

  const { surface = 'surface', normal = 'normal', oriented = true, sharpness = 100 } = options;
  const { surfaceWeight = 3e3, offSurfaceWeight = 1e2, normalWeight = 1e2, eikonalWeight = 5e1 } = options;
  for (const [name, weight] of Object.entries({ surfaceWeight, offSurfaceWeight, normalWeight, eikonalWeight }))
    assertNonNegative(`eikonalSdf: ${name}`, weight);
  assertPositive('eikonalSdf: sharpness', sharpness);
  const name = 'eikonalSdf';
  /** The weighted sum of the parts, or of their derivatives; without an alignment if there are no normals. */
  const whole = (
    parts: Record<'size' | 'near' | 'gradientLength', Tensor2D> & { readonly alignment?: Tensor2D },
    targets: Targets,
  ): Tensor => {
    const { size, alignment, near, gradientLength } = parts;
    const onSurface = mul(size, surfaceWeight);
    return total([
      whereOn(name, alignment ? total([onSurface, mul(alignment, normalWeight)]) : onSurface, surface, targets),
      whereOff(name, mul(near, offSurfaceWeight), surface, targets),
      mul(gradientLength, eikonalWeight),
    ]);
  };
  return jetLoss(
    name,
    { gradient: true },
    ({ value, gradient }, { targets }) => {
      const parts = {
        size: absoluteValue(value),
        near: closeness(value, sharpness),
        gradientLength: eikonalErrors(gradient, absolute),
        ...(normal !== null && { alignment: misalignment(name, gradient, { normal, oriented, targets }) }),
      };
      return whole(parts, targets);
    },
    ({ value, gradient }, direction, { targets }) => {
      const parts = {
        size: penaltyTangent(absolute, value, direction.value),
        near: closenessTangents(value, direction.value, sharpness),
        gradientLength: eikonalTangents(gradient, direction.gradient, absolute),
        ...(normal !== null && {
          alignment: misalignmentTangents(name, gradient, direction.gradient, { normal, oriented, targets }),
        }),
      };
      return whole(parts, targets);
    },
  );
};
