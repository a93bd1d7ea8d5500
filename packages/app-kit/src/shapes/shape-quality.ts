/** @file How well a field has learned the signed distance of a shape, measured at the shape's points. */
import { createRng, type Field } from '@neural-fields/core';
import { eikonalError, fieldFunction, type PointCloud, type Similarity } from '@neural-fields/shapes';
import { plainNumber } from '../output/format.ts';

/** The errors of a shape's field. */
export interface ShapeQuality {
  /**
   * The mean of |Phi| / |grad Phi| at the points, which is their distance from the zero level to first order; in units
   * of the file.
   */
  readonly surfaceError: number;
  /**
   * The mean angle between the gradient and the normals at the points, in degrees. It cannot be 0 at the edges of a
   * mesh.
   */
  readonly normalError: number;
  /** The mean of ||grad Phi| - 1| at distances up to {@link SHELL} from the points. */
  readonly eikonalError: number;
}

/** The half width of the shell around the surface, in the field's units; the box is 2 wide. */
export const SHELL = 0.1;
/** Points evaluated at once. */
const PASS = 4096;

/**
 * Compares a field with points that have normals, both in the field's coordinates.
 *
 * @throws the reason of `signal` when it is aborted
 */
export const measureShape = async (
  field: Field,
  cloud: Required<Pick<PointCloud, 'positions' | 'normals'>>,
  similarity: Similarity,
  signal?: AbortSignal,
): Promise<ShapeQuality> => {
  const source = fieldFunction(field);
  const count = cloud.positions.length / 3;
  let [distances, angles, known] = [0, 0, 0];
  for (let start = 0; start < count; start += PASS) {
    signal?.throwIfAborted();
    const [from, to] = [3 * start, 3 * Math.min(start + PASS, count)];
    const [positions, normals] = [cloud.positions.slice(from, to), cloud.normals.subarray(from, to)];
    const [values, gradients] = [await source.evaluate(positions), await source.gradient(positions)];
    for (const [i, value] of values.entries()) {
      const [gradient, normal] = [gradients.subarray(3 * i, 3 * i + 3), normals.subarray(3 * i, 3 * i + 3)];
      const [length, other] = [Math.hypot(...gradient), Math.hypot(...normal)];
      distances += Math.abs(value) / Math.max(length, 1e-6);
      if (other === 0) continue;
      const cosine =
        gradient.reduce((sum, c, k) => sum + c * (normal[k] as number), 0) / Math.max(length, 1e-6) / other;
      angles += Math.acos(Math.max(-1, Math.min(1, cosine)));
      known++;
    }
  }
  signal?.throwIfAborted();
  const { mean } = await eikonalError(source, cloud, { width: SHELL, rng: createRng(1) });
  return {
    surfaceError: distances / count / similarity.scale,
    normalError: (angles * 180) / Math.PI / known,
    eikonalError: mean,
  };
};

/** `surface 0.00123 off ...`; `undefined` if the figures are not those of a shape. */
export const describeShapeQuality = ({
  surfaceError,
  normalError,
  eikonalError: eikonal,
}: Partial<ShapeQuality>): string | undefined => {
  if (surfaceError === undefined || normalError === undefined || eikonal === undefined) return undefined;
  return (
    `surface ${plainNumber(surfaceError)} off (in the file's units), normals ${normalError.toFixed(1)} degrees off, ` +
    `the gradient's length ${eikonal.toFixed(3)} off 1`
  );
};
