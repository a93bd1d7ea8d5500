/** @file The readers of the command line tool's own, for the fuzzer. */
import type { FuzzTarget } from '@neural-fields/testing/fuzz';
import { matlabTarget } from './matlab-target.ts';

/** All of them. */
export const fuzzTargets: readonly FuzzTarget[] = [matlabTarget];
