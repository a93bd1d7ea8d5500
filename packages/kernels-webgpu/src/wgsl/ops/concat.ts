import { lines, reads, type Shader, writes } from '../shader.ts';
import { eachFeature, eachRow } from './each.ts';

/** One of the inputs, and the feature of the output at which it begins. */
export interface ConcatPart {
  readonly features: number;
  readonly offset: number;
}

const paddedTo = (features: number): number => 4 * Math.ceil(features / 4);

/**
 * The features of the inputs `x0`, `x1`, ... at their places in `result`; the others stay as they are where it
 * `continues`, else they are 0.
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

/** Features `offset` ... of `source`, rows of `sourceFeatures`: what a part of a concatenation gets back. */
export const partOfRows = (sourceFeatures: number, { features, offset }: ConcatPart, adds: boolean): Shader =>
  eachRow({
    label: `part ${offset} of ${sourceFeatures}`,
    vectors: Math.ceil(features / 4),
    storage: [reads('source', 'f32'), writes('result')],
    body: lines(
      'var x = vec4(0.0);',
      eachFeature(`if (j < ${features}u) { x[k] = source[row * ${paddedTo(sourceFeatures)}u + ${offset}u + j]; }`),
      `result[i] ${adds ? '+=' : '='} x;`,
    ),
  });
