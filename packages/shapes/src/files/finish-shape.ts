import { usedPoints } from '../meshes/used-points.ts';
import { normalise, weld } from '../meshes/weld.ts';
import type { Mesh, PointCloud } from '../shape.ts';
import { ShapeError } from '../shape-error.ts';
import { chooseOffset } from '../shape-offset.ts';
import { plural } from '../text/plural.ts';
import type { FileShape, Polygons, ShapeLimits } from './file-shape.ts';
import { triangulateFaces } from './triangulate-faces.ts';

const MAX_POINTS = 50_000_000;
const MAX_TRIANGLES = 100_000_000;
/**
 * A shape that spans fewer than `MIN_STEPS` rounding steps of its coordinates is rejected; below `FEW_STEPS` it gets a
 * note.
 */
const MIN_STEPS = 16;
const FEW_STEPS = 1024;
/** The rounding to float32 that is tolerated, as a fraction of the shape's size. */
const ROUNDING = 2 ** -12;

const assertLimits = (
  { positions, faces }: FileShape,
  { maxPoints = MAX_POINTS, maxTriangles = MAX_TRIANGLES }: ShapeLimits,
): void => {
  const points = positions.length / 3;
  if (points > maxPoints)
    throw new ShapeError('too-large', undefined, `the shape has ${points} points, maxPoints is ${maxPoints}`);
  let triangles = 0;
  for (const size of faces?.sizes ?? []) triangles += Math.max(0, size - 2);
  if (triangles > maxTriangles)
    throw new ShapeError(
      'too-large',
      undefined,
      `the shape has ${triangles} triangles, maxTriangles is ${maxTriangles}`,
    );
};

/** Renumbers triangles to the rows that are kept. */
const renumber = (triangles: Uint32Array, count: number, rows: Uint32Array): Uint32Array => {
  const place = new Uint32Array(count);
  for (let i = 0; i < rows.length; i++) place[rows[i]!] = i;
  return triangles.map(row => place[row]!);
};

const pick = <T extends Float32Array | Float64Array>(values: T, rows: Uint32Array, picked: T): T => {
  for (let i = 0; i < rows.length; i++) for (let k = 0; k < 3; k++) picked[3 * i + k] = values[3 * rows[i]! + k]!;
  return picked;
};

/**
 * @throws ShapeError `not-finite`, with the first such point and their number; points without a 1 in `used` are not
 *   checked
 */
const assertFinite = (positions: Float64Array, used?: Uint8Array): void => {
  let [first, count, got] = [0, 0, 0];
  for (let i = 0; i < positions.length; i++) {
    const [value, point] = [positions[i]!, Math.floor(i / 3)];
    if (Number.isFinite(value) || (used && used[point] === 0) || (count > 0 && first === point)) continue;
    if (count++ === 0) [first, got] = [point, value];
  }
  if (count === 0) return;
  const all = count > 1 ? `, the first of ${plural(count, 'such point')}` : '';
  throw new ShapeError(
    'not-finite',
    undefined,
    `coordinates must be finite numbers, got ${got} in point ${first}${all}`,
  );
};

/** Marks the points that faces use. @throws ShapeError `bad-index` when one does not exist */
const markUsed = (count: number, { vertexIndices, sizes }: Polygons): Uint8Array => {
  const used = new Uint8Array(count);
  let at = 0;
  for (let face = 0; face < sizes.length; face++)
    for (const end = at + sizes[face]!; at < end; at++) {
      if (vertexIndices[at]! >= count)
        throw new ShapeError(
          'bad-index',
          undefined,
          `face ${face} refers to point ${vertexIndices[at]}, but there are ${count} points`,
        );
      used[vertexIndices[at]!] = 1;
    }
  return used;
};

/** The bounding box of points. */
export const boxOf = (positions: ArrayLike<number>): { readonly low: number[]; readonly high: number[] } => {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i++) {
    const [axis, value] = [i % 3, positions[i]!];
    if (value < low[axis]!) low[axis] = value;
    if (value > high[axis]!) high[axis] = value;
  }
  return { low, high };
};

/**
 * Converts positions to single precision, relative to an offset if the shape is far from the origin.
 *
 * @throws ShapeError `precision`
 */
const place = (
  positions: Float64Array,
  precision: FileShape['precision'],
  notes: string[],
): Pick<PointCloud, 'positions' | 'offset'> => {
  const { low, high } = boxOf(positions);
  const extent = Math.max(...[0, 1, 2].map(axis => high[axis]! - low[axis]!));
  const largest = Math.max(...low.map(Math.abs), ...high.map(Math.abs));
  const [bits, unit] = precision === 'float32' ? [32, 2 ** -23] : [64, 2 ** -52];
  const steps = extent / (largest * unit);
  const [width, at, apart] = [extent, largest, largest * unit].map(value => Number(value.toPrecision(8)));
  const says = `the shape is ${width} wide and lies near ${at}, where the spacing of ${bits}-bit floats is ${apart}`;
  // Integers are exact as long as floats represent all of them.
  const isWhole = (value: number): boolean => Number.isInteger(value) && Math.abs(value) * unit < 2;
  if (extent > 0 && steps < MIN_STEPS && !positions.every(isWhole))
    throw new ShapeError('precision', undefined, `${says}: its form is lost`);
  if (extent > 0 && steps < FEW_STEPS) notes.push(`${says}: its form is coarse`);
  const offset = precision === 'float32' ? undefined : chooseOffset(low, high);
  const [x, y, z] = offset ?? [0, 0, 0];
  const moved = new Float32Array(positions.length);
  let worst = 0;
  for (let i = 0; i < positions.length; i += 3) {
    moved[i] = positions[i]! - x;
    moved[i + 1] = positions[i + 1]! - y;
    moved[i + 2] = positions[i + 2]! - z;
    worst = Math.max(
      worst,
      Math.abs(positions[i]! - x - moved[i]!),
      Math.abs(positions[i + 1]! - y - moved[i + 1]!),
      Math.abs(positions[i + 2]! - z - moved[i + 2]!),
    );
  }
  if (!(extent < Infinity) || !(worst <= ROUNDING * (extent || Infinity)) || !(worst < Infinity))
    throw new ShapeError(
      'precision',
      undefined,
      `coordinates must be within the range of 32-bit floats, got ${largest}, and a width of ${extent}`,
    );
  return offset ? { positions: moved, offset } : { positions: moved };
};

/** Scales normals to length 1; unknown ones are 0. `undefined` for a mesh without any known normal. */
const tidyNormals = (normals: Float32Array): Float32Array => {
  for (let i = 0; i < normals.length; i += 3)
    if (!Number.isFinite(normals[i]! + normals[i + 1]! + normals[i + 2]!)) normals.fill(0, i, i + 3);
  return normalise(normals);
};

const finishCloud = (file: FileShape, notes: string[]): PointCloud => {
  assertFinite(file.positions);
  const placed = place(file.positions, file.precision, notes);
  return file.normals ? { ...placed, normals: tidyNormals(file.normals) } : placed;
};

const finishMesh = (file: FileShape, faces: NonNullable<FileShape['faces']>, notes: string[]): Mesh => {
  const count = file.positions.length / 3;
  assertFinite(file.positions, markUsed(count, faces));
  const cut = triangulateFaces(file.positions, faces, notes);
  if (cut.length === 0)
    throw new ShapeError(
      'no-triangles',
      undefined,
      `none of the ${plural(faces.sizes.length, 'face')} has three distinct vertices`,
    );
  const rows = usedPoints(count, cut);
  const triangles = rows.length < count ? renumber(cut, count, rows) : cut.slice();
  if (rows.length < count) notes.push(`${plural(count - rows.length, 'point')} that no face uses ignored`);
  const positions =
    rows.length < count ? pick(file.positions, rows, new Float64Array(3 * rows.length)) : file.positions;
  const given =
    file.normals && rows.length < count ? pick(file.normals, rows, new Float32Array(3 * rows.length)) : file.normals;
  const placed = place(positions, file.precision, notes);
  const known = given && tidyNormals(given).some(value => value !== 0) ? { normals: given } : {};
  if (!file.weld) return { ...placed, ...known, triangles };
  const mesh = weld({ ...placed, ...known, triangles });
  const lost = (triangles.length - mesh.triangles.length) / 3;
  if (mesh.triangles.length === 0)
    throw new ShapeError(
      'no-triangles',
      undefined,
      `all ${plural(lost, 'triangle')} have two vertices with equal positions`,
    );
  if (lost > 0) notes.push(`${plural(lost, 'triangle')} with two vertices at equal positions ignored`);
  return mesh;
};

/**
 * Makes a shape from the content of a file: triangulates its polygons, drops unused points, and converts positions to
 * single precision relative to an offset.
 *
 * @throws ShapeError
 */
export const finishShape = (
  file: FileShape,
  limits: ShapeLimits,
): (PointCloud | Mesh) & { readonly notes: readonly string[] } => {
  if (file.positions.length === 0)
    throw new ShapeError('no-points', undefined, 'a shape must have at least one point, got none');
  assertLimits(file, limits);
  const notes = [...file.notes];
  const shape = file.faces ? finishMesh(file, file.faces, notes) : finishCloud(file, notes);
  return { ...shape, notes };
};
