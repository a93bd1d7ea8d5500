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
 * The gradient of {@link pickColumns}: feature j of `result` is the sum of the features `targets[p]` of `source` for p
 * from `targets[j]` to `targets[j + 1]`, to which it was copied.
 */
export const addColumns = (inFeatures: number, outFeatures: number, accumulates: boolean): Shader =>
  eachRow({
    label: `columns ${outFeatures} of ${inFeatures}, backward`,
    vectors: Math.ceil(inFeatures / 4),
    storage: [reads('source', 'f32'), reads('targets', 'u32'), writes('result')],
    body: lines(
      'var x = vec4(0.0);',
      eachFeature(
        `if (j < ${inFeatures}u) { for (var p = targets[j]; p < targets[j + 1u]; p++) { x[k] += source[row * ${paddedTo(outFeatures)}u + targets[p]]; } }`,
      ),
      `result[i] ${accumulates ? '+=' : '='} x;`,
    ),
  });

/** The `targets` of {@link addColumns}. */
export const columnTargets = (picked: readonly number[], inFeatures: number): Uint32Array => {
  const targets = Array.from({ length: inFeatures }, (_, feature) =>
    picked.flatMap((column, target) => (column === feature ? [target] : [])),
  );
  let next = inFeatures + 1;
  const starts = targets.map(({ length }) => {
    next += length;
    return next - length;
  });
  return Uint32Array.from([...starts, next, ...targets.flat()]);
};
