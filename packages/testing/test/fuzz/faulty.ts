import type { FuzzTarget } from '../../src/fuzz/index.ts';
import { fuzzTargets as all } from './targets.ts';

/** One correct toy reader, and one faulty one. */
export const fuzzTargets: readonly FuzzTarget[] = all.filter(({ name }) => name === 'sound' || name === 'untyped');
