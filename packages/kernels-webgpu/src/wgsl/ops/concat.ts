import { lines, reads, type Shader, writes } from '../shader.ts';
import { eachFeature, eachRow } from './each.ts';

/** One of the inputs, and its first feature in the output. */
export interface ConcatPart {
  readonly features: number;
  readonly offset: number;
}

const paddedTo = (features: number): number => 4 * Math.ceil(features / 4);

/**
 * Copies the features of the inputs `x0`, `x1`, ... to `result`. Other features are kept if it `continues`, else they
 * become 0.
 */
export const concatRows = (outFeatures: number, parts: readonly ConcatPart[], continues: boolean): Shader =>
  eachRow({
    label: `concat ${parts.map(({ features }) => features).join(' ')}`,
    vectors: Math.ceil(outFeatures / 4),
    storage: [...parts.map((_, index) => reads(`x${index}`, 'f32')), writes('result')],
    body: lines(
      `var x = ${continues ? 'result[i]' : 'vec4(0.0)'};`,
      eachFeature(
        lines(
          ...parts.map(
            ({ features, offset }, index) =>
              `if (j >= ${offset}u && j < ${offset + features}u) { x[k] = x${index}[row * ${paddedTo(features)}u + j - ${offset}u]; }`,
          ),
        ),
      ),
      'result[i] = x;',
    ),
  });

/** The gradient of a concatenated part: features `offset` ... of `source`, which has rows of `sourceFeatures`. */
export const partOfRows = (sourceFeatures: number, { features, offset }: ConcatPart, accumulates: boolean): Shader =>
  eachRow({
    label: `part ${offset} of ${sourceFeatures}`,
    vectors: Math.ceil(features / 4),
    storage: [reads('source', 'f32'), writes('result')],
    body: lines(
      'var x = vec4(0.0);',
      eachFeature(`if (j < ${features}u) { x[k] = source[row * ${paddedTo(sourceFeatures)}u + ${offset}u + j]; }`),
      `result[i] ${accumulates ? '+=' : '='} x;`,
    ),
  });
