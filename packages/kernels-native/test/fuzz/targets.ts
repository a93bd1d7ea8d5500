import type { FuzzTarget } from '@neural-fields/testing/fuzz';
import { addonTarget } from './addon-target.ts';
import { nativeTarget } from './native-target.ts';

/** Random work on `native`, and wrong calls of its addon. */
export const fuzzTargets: readonly FuzzTarget[] = [nativeTarget, addonTarget];
