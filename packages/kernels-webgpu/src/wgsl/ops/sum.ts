import { literal } from '../formula.ts';
import { weightedSum } from '../jet-rule.ts';
import { reads, type Shader, writes } from '../shader.ts';
import { eachRow } from './each.ts';

/**
 * `result` = the sum of coefficients times the inputs `x0`, `x1`, ..., rows of the same width; added to what is there
 * where it `adds`.
 */
export const sumOfRows = (features: number, coefficients: readonly number[], adds: boolean): Shader => {
  const all = weightedSum(coefficients.map((coefficient, index) => [coefficient, `x${index}[i]`]));
  return eachRow({
    label: `sum ${coefficients.map(literal).join(' ')}`,
    vectors: Math.ceil(features / 4),
    storage: [...coefficients.map((_, index) => reads(`x${index}`)), writes('result')],
    body: `result[i] ${adds ? '+=' : '='} ${all};`,
  });
};
