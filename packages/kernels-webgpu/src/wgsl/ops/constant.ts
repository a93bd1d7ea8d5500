/** @file The same features at all points, and sums over all points. */
import { place } from '../pack.ts';
import { lines, reads, type Shader, shader, writes } from '../shader.ts';
import { EACH_THREADS, eachFeature } from './each.ts';

/** Which of `values` are meant: feature j is number j * `pitch` + `start`. */
export interface ConstantPlaces {
  readonly pitch: number;
  readonly start: number;
}

/** The rows of `h`: `values` in the first `sizes.points` of them, 0 in the others. */
export const constantRows = (features: number, { pitch, start }: ConstantPlaces): Shader => {
  const vectors = Math.ceil(features / 4);
  return shader({
    label: `constant ${features}`,
    sizes: ['rows', 'points', 'columns'],
    storage: [reads('values', 'f32'), writes('h')],
    workgroup: [EACH_THREADS, 1],
    body: lines(
      place(vectors),
      'if (row >= sizes.rows) { return; }',
      'var x = vec4(0.0);',
      eachFeature(`if (j < ${features}u && row < sizes.points) { x[k] = values[j * ${pitch}u + ${start}u]; }`),
      'h[i] = x;',
    ),
  });
};

/**
 * The sums over the points of part `group.z` of the features of `upstream`, whose first `sizes.points` rows count:
 * `parts[group.z * sizes.stride + sizes.offset ...]`.
 */
export const sumOverPoints = (features: number): Shader => {
  const vectors = Math.ceil(features / 4);
  return shader({
    label: `sum over points ${features}`,
    sizes: ['points', 'pointsPerPart', 'stride', 'offset'],
    storage: [reads('upstream'), writes('parts', 'f32')],
    workgroup: [EACH_THREADS, 1],
    body: lines(
      `let vector = group.x * ${EACH_THREADS}u + lane;`,
      `if (vector >= ${vectors}u) { return; }`,
      'var sum = vec4(0.0);',
      'let begin = group.z * sizes.pointsPerPart;',
      'let end = min(begin + sizes.pointsPerPart, sizes.points);',
      `for (var point = begin; point < end; point++) { sum += upstream[point * ${vectors}u + vector]; }`,
      eachFeature(`if (j < ${features}u) { parts[group.z * sizes.stride + sizes.offset + j] = sum[k]; }`),
    ),
  });
};
