/** @file Features that are the same at all points, and sums over all points. */
import { threadPosition } from '../pack.ts';
import { lines, reads, type Shader, shader, writes } from '../shader.ts';
import { EACH_THREADS, eachFeature } from './each.ts';

/** The elements of `values` that are used: feature j is element j * `pitch` + `start`. */
export interface ConstantLayout {
  readonly pitch: number;
  readonly start: number;
  /** Whether each field has its own values. */
  readonly own: boolean;
}

/**
 * Fills the first `sizes.points` rows of `h` with `values`, or with those of the point's field, and the others with 0.
 */
export const constantRows = (features: number, { pitch, start, own }: ConstantLayout): Shader => {
  const vectors = Math.ceil(features / 4);
  const index = own ? `(row / sizes.fieldPoints * ${features}u + j)` : 'j';
  return shader({
    label: `constant ${features}`,
    sizes: ['rows', 'points', 'columns', ...(own ? ['fieldPoints'] : [])],
    storage: [reads('values', 'f32'), writes('h')],
    workgroup: [EACH_THREADS, 1],
    body: lines(
      threadPosition(vectors),
      'if (row >= sizes.rows) { return; }',
      'var x = vec4(0.0);',
      eachFeature(`if (j < ${features}u && row < sizes.points) { x[k] = values[${index} * ${pitch}u + ${start}u]; }`),
      'h[i] = x;',
    ),
  });
};

/**
 * Sums the features of `upstream` over the points of part `group.z` to `parts[group.z * sizes.stride + sizes.offset
 * ...]`; only the first `sizes.points` rows of `upstream` contribute. With per-field values, it is part `group.z %
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
