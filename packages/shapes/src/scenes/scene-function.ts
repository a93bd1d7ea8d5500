/** @file A scene: fields with a box and a place each, as one function of space. */
import type { DerivativeRequest, JetSource } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import { type Tensor, tensor2d } from '@tensorflow/tfjs-core';
import { assertBounds, type Bounds, UNIT_BOUNDS } from '../surfaces/grid.ts';
import type { ScalarFunction } from '../surfaces/scalar-function.ts';
import { type AffineMap, applyMap, IDENTITY, inverseOf } from './affine-map.ts';
import { type Box, createBoxTree } from './box-tree.ts';

/** A field of a scene. */
export interface SceneChild {
  /** With 3 coordinates and 1 output. */
  readonly field: JetSource;
  /** Where the field applies, in its own coordinates; [-1, 1]^3 if absent. */
  readonly box?: Bounds;
  /** From the field's coordinates to those of the scene; the identity if absent. */
  readonly transform?: AffineMap;
  /** A factor on its values, e.g. the scale of `transform` where they are distances; 1 if absent. */
  readonly valueScale?: number;
}

/** The options of {@link sceneFunction}. */
export interface SceneOptions {
  /**
   * What holds where boxes overlap: the least value (the union of signed distances), that of the first child in the
   * list, or the sum; `least` if absent. Of equal least values, that of the first child is taken.
   */
  readonly overlap?: SceneOverlap;
  /** The value outside of all boxes; 1 if absent. */
  readonly background?: number;
}

export type SceneOverlap = 'least' | 'first' | 'sum';

/** A scene as a function. */
export interface SceneFunction extends Required<ScalarFunction> {
  evaluate(coords: Float32Array): Promise<Float32Array>;
  gradient(coords: Float32Array): Promise<Float32Array>;
  /** The second derivatives at `coords` f32[n, 3]: f32[n, 3, 3]. */
  hessian(coords: Float32Array): Promise<Float32Array>;
}

const OVERLAPS: readonly SceneOverlap[] = ['least', 'first', 'sum'];
type Order = 0 | 1 | 2;

const REQUESTS: readonly DerivativeRequest[] = [{}, { gradient: true }, { gradient: true, hessian: true }];

interface PlacedChild {
  readonly field: JetSource;
  readonly box: Box;
  readonly toField: AffineMap;
  readonly factor: number;
}

const corners = ({ low, high }: Box): number[][] =>
  Array.from({ length: 8 }, (_, c) => [0, 1, 2].map(axis => ((c >> axis) & 1 ? high : low)[axis] as number));

/** A field's values `f32[n, 1]`, gradients `f32[n, 3, 1]` and Hessians `f32[n, 3, 3, 1]`, up to the order. */
const jetsOf = async (field: JetSource, points: Float32Array, order: Order): Promise<readonly Float32Array[]> => {
  const coords = tensor2d(points, [points.length / 3, 3]);
  const { value, ...others } = field.jet(coords, REQUESTS[order] as DerivativeRequest);
  const parts: Tensor[] = [value, ...Object.values<Tensor>(others)];
  try {
    if (value.shape[1] !== 1) throw new RangeError(`sceneFunction: a field must have 1 output, got ${value.shape[1]}`);
    return (await Promise.all(parts.map(part => part.data()))) as Float32Array[];
  } finally {
    for (const part of [coords, ...parts]) part.dispose();
  }
};

/** The derivative of the order through y = A x + b: A^T g, A^T H A. */
const through = ({ toField, factor }: PlacedChild, own: Float32Array, order: Order): number[] => {
  const axes = [0, 1, 2] as const;
  if (order === 0) return [factor * (own[0] as number)];
  if (order === 1)
    return axes.map(k => factor * axes.reduce<number>((sum, i) => sum + toField[i][k] * (own[i] as number), 0));
  return axes.flatMap(k =>
    axes.map(
      l =>
        factor *
        axes.reduce<number>(
          (sum, i) =>
            sum + axes.reduce<number>((row, j) => row + toField[i][k] * (own[3 * i + j] as number) * toField[j][l], 0),
          0,
        ),
    ),
  );
};

/**
 * Many fields as one function: each applies in its box, and a bounding volume hierarchy finds the boxes around a point,
 * so that a point costs the evaluation of those fields alone (Ost et al. 2021, arXiv:2011.10379). Derivatives are exact
 * within a child, by the chain rule through its transform; they jump, like the values, where one child takes over from
 * another. For `extractSurface` the boxes must contain the surfaces with a margin, for it takes them to end where a box
 * does.
 *
 * It is a composition of fields, none itself: each child is fitted and saved on its own, in its own coordinates.
 *
 * @throws RangeError or TypeError when there is no child, a field has not 3 coordinates, or a transform has no inverse
 */
export const sceneFunction = (children: readonly SceneChild[], options: SceneOptions = {}): SceneFunction => {
  assertOptions('sceneFunction', options, { overlap: 1, background: 1 });
  const { overlap = 'least', background = 1 } = options;
  if (!OVERLAPS.includes(overlap))
    throw new RangeError(
      `sceneFunction: overlap must be one of ${OVERLAPS.join(', ')}, got ${JSON.stringify(overlap)}`,
    );
  if (!Number.isFinite(background))
    throw new RangeError(`sceneFunction: background must be a finite number, got ${background}`);
  if (children.length === 0) throw new RangeError('sceneFunction: must have at least one child, got none');
  const placed = children.map((child, index): PlacedChild => {
    const { field, box = UNIT_BOUNDS, transform = IDENTITY, valueScale = 1 } = child;
    if (field.inFeatures !== 3)
      throw new RangeError(
        `sceneFunction: the field of child ${index} must have 3 coordinates, got ${field.inFeatures}`,
      );
    if (!Number.isFinite(valueScale))
      throw new RangeError(`sceneFunction: valueScale of child ${index} must be a finite number, got ${valueScale}`);
    assertBounds(`sceneFunction: child ${index}`, box);
    const toField = inverseOf(`sceneFunction: transform of child ${index}`, transform);
    return {
      field,
      box: { low: box.map(([low]) => low), high: box.map(([, high]) => high) },
      toField,
      factor: valueScale,
    };
  });
  const find = createBoxTree(
    placed.map(({ box }, index) => {
      const moved = corners(box).map(corner => applyMap(children[index]?.transform ?? IDENTITY, corner));
      return {
        low: [0, 1, 2].map(axis => Math.min(...moved.map(corner => corner[axis] as number))),
        high: [0, 1, 2].map(axis => Math.max(...moved.map(corner => corner[axis] as number))),
      };
    }),
  );

  const compute = async (coords: Float32Array, order: Order): Promise<Float32Array> => {
    if (coords.length % 3 !== 0)
      throw new RangeError(`sceneFunction: coords must be [n, 3], got ${coords.length} numbers`);
    const n = coords.length / 3;
    const width = 3 ** order;
    const result = new Float32Array(n * width);
    const best = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
    const isInside = new Uint8Array(n);
    const points = placed.map(() => ({ places: [] as number[], own: [] as number[] }));
    for (let i = 0; i < n; i++) {
      const point = [...coords.subarray(3 * i, 3 * i + 3)];
      for (const index of find(point)) {
        const { box, toField } = placed[index] as PlacedChild;
        const local = applyMap(toField, point);
        if (!local.every((x, axis) => x >= (box.low[axis] as number) && x <= (box.high[axis] as number))) continue;
        if (overlap === 'first' && isInside[i]) continue;
        isInside[i] = 1;
        points[index]?.places.push(i);
        points[index]?.own.push(...local);
      }
    }
    for (const [index, { places, own }] of points.entries()) {
      if (places.length === 0) continue;
      const child = placed[index] as PlacedChild;
      const jets = await jetsOf(child.field, Float32Array.from(own), order);
      const [values, wanted] = [jets[0] as Float32Array, jets[order] as Float32Array];
      for (const [row, place] of places.entries()) {
        const value = child.factor * (values[row] as number);
        if (overlap === 'least' && value >= (best[place] as number)) continue;
        best[place] = value;
        const part = through(child, wanted.subarray(row * width, (row + 1) * width), order);
        for (const [k, x] of part.entries())
          result[place * width + k] = overlap === 'sum' ? (result[place * width + k] as number) + x : x;
      }
    }
    if (order === 0) for (let i = 0; i < n; i++) if (!isInside[i]) result[i] = background;
    return result;
  };
  return {
    evaluate: coords => compute(coords, 0),
    gradient: coords => compute(coords, 1),
    hessian: coords => compute(coords, 2),
  };
};
