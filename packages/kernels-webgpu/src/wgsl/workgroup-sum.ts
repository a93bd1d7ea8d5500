/** @file The sum of a variable over all threads of a workgroup. */
import { lines } from './shader.ts';

/** The declarations that {@link storeSum} needs, for `threads` threads, a power of two. */
export const sumDeclarations = (threads: number): string =>
  lines(
    `var<workgroup> laneSums: array<f32, ${threads}>;`,
    'fn addUp(part: f32, lane: u32) -> f32 {',
    '  workgroupBarrier();',
    '  laneSums[lane] = part;',
    `  for (var distance = ${threads / 2}u; distance > 0u; distance /= 2u) {`,
    '    workgroupBarrier();',
    '    if (lane < distance) { laneSums[lane] += laneSums[lane + distance]; }',
    '  }',
    '  return laneSums[0];',
    '}',
  );

/**
 * Statements that store the workgroup's sum of the variable `part` in `target[index]`. All threads must execute them.
 */
export const storeSum = (part: string, target: string, index: string): string =>
  lines(`let ${part}Sum = addUp(${part}, lane);`, `if (lane == 0u) { ${target}[${index}] = ${part}Sum; }`);
