import { square } from '../elementwise/expression.ts';
import { definePenalty, type Penalty } from '../elementwise/penalty.ts';

/** e^2 */
export const squared: Penalty = definePenalty({ kind: 'squared', value: square });
