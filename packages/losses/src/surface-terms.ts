/** @file What is asked of a signed distance at the points of a surface, and off it. `eikonalSdf` is their sum. */
import { type PointLoss, pointwiseLoss } from '@neural-fields/core';
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
import { assertPositive, assertWeight } from './assert.ts';
import { LEAST_LENGTH, lengths, lengthTangents } from './eikonal.ts';
import { type JetLoss, jetLoss } from './jet-loss.ts';
import { absolute, absoluteValue, type Penalty, penalise, penaltyTangent, squared } from './penalty.ts';
import { findTarget, type Targets } from './targets.ts';

/** Which points are on the surface. */
export interface SurfaceOptions {
  /**
   * The name of a target, `f32[n, 1]`, that is 1 at points on the surface and 0 at others; `surface` if absent. `null`:
   * there is none, and the loss counts at every point.
   */
  readonly surface?: string | null;
}

/** 1 on the surface, `f32[n, 1]`; none where every point counts. */
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
 * The surface is the zero level: |Phi(x)| at points on it, 0 at others; averaged over all points.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, equation 6, second term.
 *
 * @throws RangeError when evaluated, if the points lack the target or its width is wrong
 */
export const onSurface = ({ surface = 'surface' }: SurfaceOptions = {}): PointLoss => {
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

/** The derivatives of {@link closeness} where the value moves. */
export const closenessTangents = (value: Tensor2D, moved: Tensor2D, sharpness: number): Tensor2D =>
  mul(mul(closeness(value, sharpness), -sharpness), penaltyTangent(absolute, value, moved));

/** The options of {@link offSurface}. */
export interface OffSurfaceOptions extends SurfaceOptions {
  /** alpha, in units of one over the distance; 100 if absent, as in the authors' code (the paper: alpha >> 1). */
  readonly sharpness?: number;
}

/**
 * No zero level elsewhere: exp(-alpha |Phi(x)|) at points off the surface, 0 at others; averaged over all points.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, equation 6, third term.
 *
 * @throws RangeError when `sharpness` is not a positive number; when evaluated, if the points lack the target or its
 *   width is wrong
 */
export const offSurface = ({ surface = 'surface', sharpness = 100 }: OffSurfaceOptions = {}): PointLoss => {
  assertPositive('offSurface: sharpness', sharpness);
  const loss: PointLoss = ({ value }, { targets }) =>
    whereOff('offSurface', closeness(value, sharpness), surface, targets);
  const tangent: PointLoss['tangent'] = ({ value }, moved, { targets }) =>
    whereOff('offSurface', closenessTangents(value, moved.value, sharpness), surface, targets);
  return Object.assign(loss, { tangent });
};

/** The options of {@link normalAlignment}. */
export interface NormalAlignmentOptions extends SurfaceOptions {
  /** The name of a target with the normal at each point, `f32[n, d]`, of any length; `normal` if absent. */
  readonly normal?: string;
  /**
   * Whether the normals are known to point outwards; `true` if absent. Otherwise 1 - |cos| counts, for normals that may
   * point either way.
   */
  readonly oriented?: boolean;
}

/** What a misalignment is of. */
interface AlignmentOptions {
  readonly normal: string;
  readonly oriented: boolean;
  readonly targets: Targets;
}

/**
 * The cosines between gradients and normals `f32[n, o]`, and the products of any vectors with the normals over the
 * lengths of both.
 */
const cosines = (
  loss: string,
  gradient: Tensor3D,
  { normal, targets }: AlignmentOptions,
): { readonly cosine: Tensor2D; alongNormals(vectors: Tensor3D): Tensor2D } => {
  const [n, d] = gradient.shape;
  const normals = findTarget(loss, normal, targets, { widths: [d], as: 'as the coordinates' });
  const sizes = mul(lengths(gradient, 1), reshape(lengths(normals, 1), [n, 1]));
  // A vector near 0 has no direction: its cosine is 0, without a slope, which would grow as 1 / |grad Phi|.
  const directed = step(sub(lengths(gradient, 1), 2 * LEAST_LENGTH));
  const alongNormals = (vectors: Tensor3D): Tensor2D =>
    mul(div(sum(mul(vectors, reshape(normals, [n, d, 1])), 1), sizes), directed) as Tensor2D;
  return { cosine: alongNormals(gradient), alongNormals };
};

/** 1 - cos(grad Phi, normal), or 1 - |cos|: `f32[n, o]`. */
export const misalignment = (loss: string, gradient: Tensor3D, options: AlignmentOptions): Tensor2D => {
  const { cosine } = cosines(loss, gradient, options);
  return sub(onesLike(cosine), options.oriented ? cosine : absoluteValue(cosine));
};

/** The derivatives of {@link misalignment} where the gradient moves. */
export const misalignmentTangents = (
  loss: string,
  gradient: Tensor3D,
  moved: Tensor3D,
  options: AlignmentOptions,
): Tensor2D => {
  const { cosine, alongNormals } = cosines(loss, gradient, options);
  const growth = div(lengthTangents(gradient, moved, 1), lengths(gradient, 1));
  const change: Tensor2D = sub(alongNormals(moved), mul(cosine, growth));
  return neg(options.oriented ? change : penaltyTangent(absolute, cosine, change));
};

/**
 * The gradient points along the normal: 1 - cos(grad Phi(x), n(x)) at points on the surface, 0 at others; averaged over
 * all points. Where the gradient or the normal is 0 the loss is 1 and has no slope.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, equation 6, second term, as its code has it: the cosine, not the scalar
 * product. With `oriented: false`, as the code of Ben-Shabat et al. 2022, arXiv:2106.10811.
 *
 * @throws RangeError when evaluated, if the points lack a target or its width is wrong
 */
export const normalAlignment = (options: NormalAlignmentOptions = {}): JetLoss<{ readonly gradient: true }> => {
  const { surface = 'surface', normal = 'normal', oriented = true } = options;
  const name = 'normalAlignment';
  return jetLoss(
    name,
    { gradient: true },
    ({ gradient }, { targets }) =>
      whereOn(name, misalignment(name, gradient, { normal, oriented, targets }), surface, targets),
    ({ gradient }, moved, { targets }) =>
      whereOn(
        name,
        misalignmentTangents(name, gradient, moved.gradient, { normal, oriented, targets }),
        surface,
        targets,
      ),
  );
};

/** The options of {@link divergencePenalty}. */
export interface DivergencePenaltyOptions extends SurfaceOptions {
  /** Squared if absent, as by default in the authors' code. */
  readonly penalty?: Penalty;
  /**
   * Losses below count as this, without a slope: a curved surface has some divergence. 0.1 if absent, as in the
   * authors' code.
   */
  readonly atLeast?: number;
  /** Losses above count as this, without a slope. 50 if absent, as in the authors' code. */
  readonly atMost?: number;
}

/**
 * The gradient has no sources: (laplacian Phi(x))^2 at points off the surface, clamped, 0 at others; averaged over all
 * points. It takes the place of normals that are not known: near the surface it prefers smooth fields, without the
 * sheets that the eikonal equation alone allows. Its weight should fall to 0 in the course of a fit: `term({ loss:
 * divergencePenalty(), weightSchedule: cosine(), ... })`.
 *
 * Ben-Shabat, Hewa Koneputugodage and Gould 2022, "DiGS: Divergence guided shape implicit neural representation for
 * unoriented point clouds", arXiv:2106.10811, section 3.
 *
 * @throws RangeError when a bound is negative or they are in the wrong order; when evaluated, if the points lack the
 *   target or its width is wrong
 */
export const divergencePenalty = (options: DivergencePenaltyOptions = {}): JetLoss<{ readonly laplacian: true }> => {
  const { surface = 'surface', penalty = squared, atLeast = 0.1, atMost = 50 } = options;
  assertWeight('divergencePenalty: atLeast', atLeast);
  if (!(atMost > atLeast))
    throw new RangeError(`divergencePenalty: atMost must be a number above ${atLeast}, got ${atMost}`);
  const name = 'divergencePenalty';
  return jetLoss(
    name,
    { laplacian: true },
    ({ laplacian }, { targets }) =>
      whereOff(name, clipByValue(penalise(penalty, laplacian), atLeast, atMost), surface, targets),
    ({ laplacian }, moved, { targets }) => {
      const size = penalise(penalty, laplacian);
      const isWithin = mul(step(sub(size, atLeast)), step(sub(atMost, size)));
      return whereOff(name, mul(penaltyTangent(penalty, laplacian, moved.laplacian), isWithin), surface, targets);
    },
  );
};
