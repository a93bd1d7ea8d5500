import { literal } from '../formula.ts';
import { weightedSum } from '../jet-rule.ts';
import { reads, type Shader, writes } from '../shader.ts';
import { eachRow } from './each.ts';

/**
 * `result` = the weighted sum of the inputs `x0`, `x1`, ..., which have rows of the same width; added to `result` if it
 * `accumulates`.
 */
export const sumOfRows = (features: number, coefficients: readonly number[], accumulates: boolean): Shader => {
  const all = weightedSum(coefficients.map((coefficient, index) => [coefficient, `x${index}[i]`]));
  return eachRow({
    label: `sum ${coefficients.map(literal).join(' ')}`,
    vectors: Math.ceil(features / 4),
    storage: [...coefficients.map((_, index) => reads(`x${index}`)), writes('result')],
    body: `result[i] ${accumulates ? '+=' : '='} ${all};`,
  });
};
