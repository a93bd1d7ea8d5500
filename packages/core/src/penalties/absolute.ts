import { abs } from '../elementwise/expression.ts';
import { definePenalty, type Penalty } from '../elementwise/penalty.ts';

/**
 * |e|. Its derivative at 0 is 0; that of tfjs's own op is -1.
 */
export const absolute: Penalty = definePenalty({ kind: 'absolute', value: abs });
