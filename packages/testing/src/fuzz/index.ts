export type { FuzzTarget } from './fuzz-target.ts';
