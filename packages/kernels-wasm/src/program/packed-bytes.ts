import type { ProgramLayout } from '../machine.ts';

const FLOAT = 4;

/** Bytes of a packed matrix `[depth][columns]`. */
export const packedBytes = ({ panel, weightBytes }: ProgramLayout, depth: number, columns: number): number =>
  weightBytes?.(depth, columns) ?? FLOAT * depth * panel * Math.ceil(columns / panel);
