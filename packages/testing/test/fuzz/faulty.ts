import type { FuzzTarget } from '../../src/fuzz/index.ts';
import { fuzzTargets as all } from './targets.ts';

/** One toy reader that is in order, and one that is not. */
export const fuzzTargets: readonly FuzzTarget[] = all.filter(({ name }) => name === 'sound' || name === 'untyped');
