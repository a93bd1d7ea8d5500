/** @file The same features at all points, and sums over all points. */
import { place as threadPlace } from '../pack.ts';
import { lines, reads, type Shader, shader, writes } from '../shader.ts';
import { EACH_THREADS, eachFeature } from './each.ts';

/** Which of `values` are meant: feature j is number j * `pitch` + `start`. */
export interface ConstantPlaces {
  readonly pitch: number;
  readonly start: number;
  /** Whether each field has such values. */
  readonly own: boolean;
}

/**
 * The rows of `h`: `values` in the first `sizes.points` of them, those of its field where each has its `own`, 0 in the
 * others.
 */
export const constantRows = (features: number, { pitch, start, own }: ConstantPlaces): Shader => {
  const vectors = Math.ceil(features / 4);
  const place = own ? `(row / sizes.fieldPoints * ${features}u + j)` : 'j';
  return shader({
    label: `constant ${features}`,
    sizes: ['rows', 'points', 'columns', ...(own ? ['fieldPoints'] : [])],
    storage: [reads('values', 'f32'), writes('h')],
    workgroup: [EACH_THREADS, 1],
    body: lines(
      threadPlace(vectors),
      'if (row >= sizes.rows) { return; }',
      'var x = vec4(0.0);',
      eachFeature(`if (j < ${features}u && row < sizes.points) { x[k] = values[${place} * ${pitch}u + ${start}u]; }`),
      'h[i] = x;',
    ),
  });
};

/**
 * The sums over the points of part `group.z` of the features of `upstream`, whose first `sizes.points` rows count:
 * `parts[group.z * sizes.stride + sizes.offset ...]`. Where each field has such sums of its own, part `group.z %
 * sizes.parts` of field `group.z / sizes.parts`.
 */
export const sumOverPoints = (features: number, own: boolean): Shader => {
  const vectors = Math.ceil(features / 4);
  const part = own ? '(group.z % sizes.parts)' : 'group.z';
  return shader({
    label: `sum over points ${features}`,
    sizes: ['points', 'pointsPerPart', 'stride', 'offset', ...(own ? ['fieldPoints', 'parts'] : [])],
    storage: [reads('upstream'), writes('parts', 'f32')],
    workgroup: [EACH_THREADS, 1],
    body: lines(
      `let vector = group.x * ${EACH_THREADS}u + lane;`,
      `if (vector >= ${vectors}u) { return; }`,
      'var sum = vec4(0.0);',
      own ? 'let field = group.z / sizes.parts;' : '',
      `let begin = ${own ? `field * sizes.fieldPoints + ${part}` : part} * sizes.pointsPerPart;`,
      `let end = min(begin + sizes.pointsPerPart, ${own ? '(field + 1u) * sizes.fieldPoints' : 'sizes.points'});`,
      `for (var point = begin; point < end; point++) { sum += upstream[point * ${vectors}u + vector]; }`,
      eachFeature(
        `if (j < ${features}u) { parts[${part} * sizes.stride + sizes.offset${own ? ` + field * ${features}u` : ''} + j] = sum[k]; }`,
      ),
    ),
  });
};
