import type { LoadedAddon } from './addon.ts';

/** There is none in browsers. */
export const loadAddon = (): LoadedAddon => ({ problem: 'native kernels are for Node' });
