import { lines, reads, type Shader, writes } from '../shader.ts';
import { eachFeature, eachRow } from './each.ts';

const paddedTo = (features: number): number => 4 * Math.ceil(features / 4);

/** Feature j of `result` is feature `picked[j]` of `source`. */
export const pickColumns = (inFeatures: number, outFeatures: number): Shader =>
  eachRow({
    label: `columns ${outFeatures} of ${inFeatures}`,
    vectors: Math.ceil(outFeatures / 4),
    storage: [reads('source', 'f32'), reads('picked', 'u32'), writes('result')],
    body: lines(
      'var x = vec4(0.0);',
      eachFeature(`if (j < ${outFeatures}u) { x[k] = source[row * ${paddedTo(inFeatures)}u + picked[j]]; }`),
      'result[i] = x;',
    ),
  });

/**
 * What the input of {@link pickColumns} gets back: feature j of `result` is the sum of the features of `source` at
 * `places[p]` for p from `places[j]` to `places[j + 1]`, where it was picked.
 */
export const addColumns = (inFeatures: number, outFeatures: number, adds: boolean): Shader =>
  eachRow({
    label: `columns ${outFeatures} of ${inFeatures}, reverse`,
    vectors: Math.ceil(inFeatures / 4),
    storage: [reads('source', 'f32'), reads('places', 'u32'), writes('result')],
    body: lines(
      'var x = vec4(0.0);',
      eachFeature(
        `if (j < ${inFeatures}u) { for (var p = places[j]; p < places[j + 1u]; p++) { x[k] += source[row * ${paddedTo(outFeatures)}u + places[p]]; } }`,
      ),
      `result[i] ${adds ? '+=' : '='} x;`,
    ),
  });

/** The `places` of {@link addColumns}. */
export const placesOfColumns = (picked: readonly number[], inFeatures: number): Uint32Array => {
  const places = Array.from({ length: inFeatures }, (_, feature) =>
    picked.flatMap((column, place) => (column === feature ? [place] : [])),
  );
  let next = inFeatures + 1;
  const starts = places.map(({ length }) => {
    next += length;
    return next - length;
  });
  return Uint32Array.from([...starts, next, ...places.flat()]);
};
