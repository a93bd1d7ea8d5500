/** @file Losses on a signed distance at points on and off a surface. `eikonalSdf` is their sum. */

import { type PointLoss, pointwiseLoss } from '@neural-fields/core';
import { assertNonNegative, assertOptions, assertPositive } from '@neural-fields/core/options';
import {
  clipByValue,
  div,
  exp,
  mul,
  neg,
  onesLike,
  reshape,
  step,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { lengths, lengthTangents, MIN_LENGTH } from './eikonal.ts';
import { type JetLoss, jetLoss } from './jet-loss.ts';
import { absolute, absoluteValue, type Penalty, penalise, penaltyTangent, squared } from './penalty.ts';
import { findTarget, type Targets } from './targets.ts';

/** Options that say which points are on the surface. */
export interface SurfaceOptions {
  /**
   * The name of a target, `f32[n, 1]`, that is 1 at points on the surface and 0 at others; `surface` if absent. With
   * `null` the loss applies to every point.
   */
  readonly surface?: string | null;
}

/** 1 on the surface, `f32[n, 1]`; `undefined` where the loss applies to every point. */
const marks = (loss: string, surface: string | null, targets: Targets): Tensor2D | undefined =>
  surface === null
    ? undefined
    : findTarget(loss, surface, targets, { widths: [1], as: 'with 1 on the surface and 0 off it' });

/** Losses of the points on the surface; 0 elsewhere. */
export const whereOn = <T extends Tensor>(loss: string, losses: T, surface: string | null, targets: Targets): T => {
  const on = marks(loss, surface, targets);
  return on ? (mul(losses, on) as T) : losses;
};

/** Losses of the points off the surface; 0 on it. */
export const whereOff = <T extends Tensor>(loss: string, losses: T, surface: string | null, targets: Targets): T => {
  const on = marks(loss, surface, targets);
  return on ? (mul(losses, sub(1, on)) as T) : losses;
};

/**
 * Makes the surface the zero level set: |Phi(x)| at points on it, 0 at others; averaged over all points.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, equation 6, second term.
 *
 * @throws RangeError when evaluated, if the points lack the target or its width is wrong
 */
export const onSurface = (options: SurfaceOptions = {}): PointLoss => {
  assertOptions('onSurface', options, { surface: 1 });
  const { surface = 'surface' } = options;

  const weight = surface !== null && { weight: surface };
  const described = pointwiseLoss({ errors: [{ of: 'value' }], penalty: absolute, ...weight }, { name: 'onSurface' });
  const loss: PointLoss = (jet, batch) => {
    marks('onSurface', surface, batch.targets);
    return described(jet, batch);
  };
  return Object.assign(loss, { pointwise: described.pointwise });
};

/** exp(-sharpness |Phi|) */
export const closeness = (value: Tensor2D, sharpness: number): Tensor2D => exp(mul(absoluteValue(value), -sharpness));

/** The derivatives of {@link closeness} when the value changes by `direction`. */
export const closenessTangents = (value: Tensor2D, direction: Tensor2D, sharpness: number): Tensor2D =>
  mul(mul(closeness(value, sharpness), -sharpness), penaltyTangent(absolute, value, direction));

/** The options of {@link offSurface}. */
export interface OffSurfaceOptions extends SurfaceOptions {
  /** alpha, per unit of distance; 100 if absent, as in the authors' code (the paper: alpha >> 1). */
  readonly sharpness?: number;
}

/**
 * Keeps the zero level set away from other points: exp(-alpha |Phi(x)|) at points off the surface, 0 at others;
 * averaged over all points.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, equation 6, third term.
 *
 * @throws RangeError when `sharpness` is not a positive number; when evaluated, if the points lack the target or its
 *   width is wrong
 */
export const offSurface = (options: OffSurfaceOptions = {}): PointLoss => {
  assertOptions('offSurface', options, { sharpness: 1, surface: 1 });
  const { surface = 'surface', sharpness = 100 } = options;

  assertPositive('offSurface: sharpness', sharpness);
  const loss: PointLoss = ({ value }, { targets }) =>
    whereOff('offSurface', closeness(value, sharpness), surface, targets);
  const tangent: PointLoss['tangent'] = ({ value }, direction, { targets }) =>
    whereOff('offSurface', closenessTangents(value, direction.value, sharpness), surface, targets);
  return Object.assign(loss, { tangent });
};

/** The options of {@link normalAlignment}. */
export interface NormalAlignmentOptions extends SurfaceOptions {
  /** The name of a target with the normal at each point, `f32[n, d]`, of any length; `normal` if absent. */
  readonly normal?: string;
  /**
   * Whether the normals are known to point outwards; `true` if absent. If `false`, the loss is 1 - |cos|, for normals
   * that may point either way.
   */
  readonly oriented?: boolean;
}

/** The normals with which gradients are compared. */
interface AlignmentOptions {
  readonly normal: string;
  readonly oriented: boolean;
  readonly targets: Targets;
}

/**
 * The cosines between gradients and normals `f32[n, o]`, and a function that gives the dot products of vectors with the
 * normals, divided by the lengths of gradients and normals.
 */
const cosines = (
  loss: string,
  gradient: Tensor3D,
  { normal, targets }: AlignmentOptions,
): { readonly cosine: Tensor2D; alongNormals(vectors: Tensor3D): Tensor2D } => {
  const [n, d] = gradient.shape;
  const normals = findTarget(loss, normal, targets, { widths: [d], as: 'as the coordinates' });
  const sizes = mul(lengths(gradient, 1), reshape(lengths(normals, 1), [n, 1]));
  // A vector near 0 has no direction: its cosine is 0 with a zero gradient, which would otherwise grow as 1 / |grad
  // Phi|.
  const directed = step(sub(lengths(gradient, 1), 2 * MIN_LENGTH));
  const alongNormals = (vectors: Tensor3D): Tensor2D =>
    mul(div(sum(mul(vectors, reshape(normals, [n, d, 1])), 1), sizes), directed) as Tensor2D;
  return { cosine: alongNormals(gradient), alongNormals };
};

/** 1 - cos(grad Phi, normal), or 1 - |cos|: `f32[n, o]`. */
export const misalignment = (loss: string, gradient: Tensor3D, options: AlignmentOptions): Tensor2D => {
  const { cosine } = cosines(loss, gradient, options);
  return sub(onesLike(cosine), options.oriented ? cosine : absoluteValue(cosine));
};

/** The derivatives of {@link misalignment} when the gradient changes by `direction`. */
export const misalignmentTangents = (
  loss: string,
  gradient: Tensor3D,
  direction: Tensor3D,
  options: AlignmentOptions,
): Tensor2D => {
  const { cosine, alongNormals } = cosines(loss, gradient, options);
  const growth = div(lengthTangents(gradient, direction, 1), lengths(gradient, 1));
  const change: Tensor2D = sub(alongNormals(direction), mul(cosine, growth));
  return neg(options.oriented ? change : penaltyTangent(absolute, cosine, change));
};

/**
 * Aligns the gradient with the normal: 1 - cos(grad Phi(x), n(x)) at points on the surface, 0 at others; averaged over
 * all points. Where the gradient of Phi or the normal is 0, the loss is 1 and its gradient 0.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, equation 6, second term, as implemented in its code: the cosine, not the dot
 * product. With `oriented: false`, as in the code of Ben-Shabat et al. 2022, arXiv:2106.10811.
 *
 * @throws RangeError when evaluated, if the points lack a target or its width is wrong
 */
export const normalAlignment = (options: NormalAlignmentOptions = {}): JetLoss<{ readonly gradient: true }> => {
  assertOptions('normalAlignment', options, { normal: 1, oriented: 1, surface: 1 });

  const { surface = 'surface', normal = 'normal', oriented = true } = options;
  const name = 'normalAlignment';
  return jetLoss(
    name,
    { gradient: true },
    ({ gradient }, { targets }) =>
      whereOn(name, misalignment(name, gradient, { normal, oriented, targets }), surface, targets),
    ({ gradient }, direction, { targets }) =>
      whereOn(
        name,
        misalignmentTangents(name, gradient, direction.gradient, { normal, oriented, targets }),
        surface,
        targets,
      ),
  );
};

/** The options of {@link divergencePenalty}. */
export interface DivergencePenaltyOptions extends SurfaceOptions {
  /** Squared if absent, the default of the authors' code. */
  readonly penalty?: Penalty;
  /**
   * Smaller losses are clamped to this, with a zero gradient: a curved surface has some divergence. 0.1 if absent, as
   * in the authors' code.
   */
  readonly min?: number;
  /** Larger losses are clamped to this, with a zero gradient. 50 if absent, as in the authors' code. */
  readonly max?: number;
}

/**
 * Penalises the divergence of the gradient: (laplacian Phi(x))^2 at points off the surface, clamped, 0 at others;
 * averaged over all points. It replaces unknown normals: near the surface it favours smooth fields, without the
 * spurious sheets that the eikonal equation alone allows. Its weight should decay to 0 during the fit: `term({ loss:
 * divergencePenalty(), weightSchedule: cosine(), ... })`.
 *
 * Ben-Shabat, Hewa Koneputugodage and Gould 2022, "DiGS: Divergence guided shape implicit neural representation for
 * unoriented point clouds", arXiv:2106.10811, section 3.
 *
 * @throws RangeError when `min` is negative or `max` is not above it; when evaluated, if the points lack the target or
 *   its width is wrong
 */
export const divergencePenalty = (options: DivergencePenaltyOptions = {}): JetLoss<{ readonly laplacian: true }> => {
  assertOptions('divergencePenalty', options, { penalty: 1, min: 1, max: 1, surface: 1 });

  const { surface = 'surface', penalty = squared, min = 0.1, max = 50 } = options;
  assertNonNegative('divergencePenalty: min', min);
  if (!(max > min)) throw new RangeError(`divergencePenalty: max must be a number above ${min}, got ${max}`);
  const name = 'divergencePenalty';
  return jetLoss(
    name,
    { laplacian: true },
    ({ laplacian }, { targets }) =>
      whereOff(name, clipByValue(penalise(penalty, laplacian), min, max), surface, targets),
    ({ laplacian }, direction, { targets }) => {
      const size = penalise(penalty, laplacian);
      const isWithin = mul(step(sub(size, min)), step(sub(max, size)));
      return whereOff(name, mul(penaltyTangent(penalty, laplacian, direction.laplacian), isWithin), surface, targets);
    },
  );
};
