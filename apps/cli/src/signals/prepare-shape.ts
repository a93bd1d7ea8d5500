import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { explainedWithin, formatCount, InputError, plural, UsageError } from '@neural-fields/app-kit';
import type { FitSettings } from '@neural-fields/app-kit/fitting';
import {
  decodeShapeInput,
  describeShapeQuality,
  inspectMesh,
  measureShape,
  type ShapeTermOptions,
  shapeTerms,
} from '@neural-fields/app-kit/shapes';
import type { ShapeDescription } from '@neural-fields/app-kit/signals';
import { createRng, stopAt } from '@neural-fields/core';
import {
  applySimilarity,
  type DecodedShape,
  isMesh,
  type Mesh,
  type PointCloud,
  ShapeError,
  sampleMesh,
  unitBox,
} from '@neural-fields/shapes';
import type { Settings, ShapeSettings } from '../settings/fit-settings.ts';
import { formatGoal } from '../settings/goals.ts';
import { presets } from '../settings/presets.ts';
import { type PreparedSignal, UNTIL_DECAY } from './prepared-signal.ts';

/** The number of surface points against which a field is measured. */
const MEASURED = 16_384;
/**
 * A loss this many times the recent losses, and above the first one, counts as a jump: users of the authors' code see
 * one now and then.
 */
const SPIKE_FACTOR = 5;

/** The hash of the points, normals and triangles in a file. */
export const hashShape = (shape: PointCloud | Mesh): string => {
  const hash = createHash('sha256');
  for (const array of [shape.positions, shape.normals, 'triangles' in shape ? shape.triangles : undefined])
    if (array) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest('hex');
};

/** A point cloud with usable normals. @throws InputError when it has none */
const inspectCloud = (
  path: string,
  cloud: PointCloud,
  notes: string[],
): PointCloud & Required<Pick<PointCloud, 'normals'>> => {
  const { positions, normals } = cloud;
  const count = positions.length / 3;
  if (!normals) {
    const said = notes.slice(1).map(note => ` (${note})`);
    throw new InputError({
      what: `cannot fit '${path}'`,
      problem: `its ${plural(count, 'point')} have no normals${said.join('')}, without which inside and outside are unknown`,
      hint: 'give a mesh, a PLY file with nx, ny and nz, or an XYZ file with normals in columns 4 to 6',
    });
  }
  const known = new Uint32Array(count);
  let size = 0;
  const middle = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    if (normals[3 * i] === 0 && normals[3 * i + 1] === 0 && normals[3 * i + 2] === 0) continue;
    known[size++] = i;
    for (let k = 0; k < 3; k++) middle[k] = (middle[k] as number) + (positions[3 * i + k] as number);
  }
  if (size === 0) throw new InputError({ what: `cannot fit '${path}'`, problem: 'all of its normals have length 0' });
  let outwards = 0;
  for (const i of known.subarray(0, size))
    for (let k = 0; k < 3; k++)
      outwards += ((positions[3 * i + k] as number) - (middle[k] as number) / size) * (normals[3 * i + k] as number);
  if (outwards < 0) notes.push('the normals seem to point inwards: the field will be negative outside');
  if (size === count) return { ...cloud, normals };
  notes.push(`${plural(count - size, 'point')} without a normal left out`);
  const pick = (values: Float32Array): Float32Array => {
    const picked = new Float32Array(3 * size);
    for (let j = 0; j < size; j++)
      for (let k = 0; k < 3; k++) picked[3 * j + k] = values[3 * (known[j] as number) + k] as number;
    return picked;
  };
  return { ...cloud, positions: pick(positions), normals: pick(normals) };
};

/** The points of a step with `all` on the surface or off it, and a share `near` more around it. */
export const shapeCounts = (all: number, near: number): ShapeTermOptions['counts'] => {
  const on = Math.max(1, Math.ceil(all / 2));
  return { on, off: Math.max(1, all - on), near: Math.round(near * all) };
};

/** A shape in memory, as a signal. @throws InputError when it cannot be fitted */
export const signalFromShape = (
  path: string,
  whole: PointCloud | Mesh | DecodedShape,
  settings: ShapeSettings & Pick<Settings, 'preset'>,
): PreparedSignal => {
  const { shapeLoss, shapeBox } = presets[settings.preset];
  const { margin = shapeBox.margin, normals = 'face' } = settings;
  const { near = shapeLoss.near, weights = shapeLoss.weights, distanceWeight = shapeLoss.distanceWeight } = settings;
  const triangles = isMesh(whole) ? whole.triangles.length / 3 : undefined;
  const points = whole.positions.length / 3;
  const notes = [
    `${basename(path)}: ${triangles === undefined ? '' : `${formatCount(triangles)} triangles, `}${plural(points, 'point')}`,
    ...('notes' in whole ? whole.notes : []),
  ];
  const place = (): PreparedSignal => {
    const sound = isMesh(whole) ? inspectMesh(whole, notes) : inspectCloud(path, whole, notes);
    const similarity = unitBox(sound, { ...shapeBox, margin });
    const shape = applySimilarity(sound, similarity);
    const sample = isMesh(shape) ? sampleMesh(shape, { count: MEASURED, rng: createRng(1), normals }) : shape;
    const description: ShapeDescription = {
      kind: 'shape',
      points,
      ...(triangles !== undefined && { triangles }),
      similarity,
    };
    const counts = ({ batch, sampling }: FitSettings): ShapeTermOptions['counts'] => {
      if (sampling !== 'random')
        throw new UsageError({
          what: `--sampling ${sampling}`,
          problem: 'it is for images and sounds, not for a shape',
        });
      return shapeCounts(batch === 'full' ? 2 * points : batch, near);
    };
    return {
      description,
      shape,
      outFeatures: 1,
      notes,
      defaults: settings => presets[settings.preset].shape,
      jump: { spikeFactor: SPIKE_FACTOR },
      sha256: hashShape(whole),
      identity: {
        box: JSON.stringify(similarity),
        loss: JSON.stringify({ near, weights, distanceWeight, normals }),
      },
      terms: settings => shapeTerms(shape, { counts: counts(settings), weights, distanceWeight, normals }),
      until: goal => {
        if (goal.unit !== undefined)
          throw new UsageError({
            what: `--until ${formatGoal(goal)}`,
            wanted: 'a loss without a unit, since a shape has no decibels',
            got: formatGoal(goal),
          });
        return stopAt({ metric: 'loss', atMost: goal.value, decay: UNTIL_DECAY });
      },
      describePoints: settings => {
        const { on, off, near: around } = counts(settings);
        return `${formatCount(on)} points of the surface, ${formatCount(off)} of the box and ${formatCount(around)} near the surface a step`;
      },
      figures: () => [],
      measure: async (field, signal) => {
        const quality = await measureShape(field, sample as Required<PointCloud>, similarity, signal);
        return { figures: { ...quality }, text: describeShapeQuality(quality) as string };
      },
    };
  };
  try {
    return place();
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new InputError(explainedWithin(`cannot fit '${path}'`, error), { cause: error });
  }
};

/**
 * Reads a point cloud or a mesh as a signal: its signed distance, learned from its points and normals (Sitzmann et al.
 * 2020, section 4.2).
 *
 * @returns `undefined` when the bytes are not a shape
 * @throws InputError when the shape is damaged, or cannot be fitted
 */
export const prepareShape = async (
  path: string,
  bytes: Uint8Array,
  settings: ShapeSettings & Pick<Settings, 'preset'>,
): Promise<PreparedSignal | undefined> => {
  const shape = await decodeShapeInput(path, bytes);
  return shape && signalFromShape(path, shape, settings);
};
