/** @file The sum of a number over all threads of a workgroup. */
import { lines } from './shader.ts';

/** Workgroup memory and function of {@link storeSum}, for `threads` threads, a power of two. */
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

/** Statements that store the workgroup's sum of the variable `part` in `target[place]`. All threads must come here. */
export const storeSum = (part: string, target: string, place: string): string =>
  lines(`let ${part}Sum = addUp(${part}, lane);`, `if (lane == 0u) { ${target}[${place}] = ${part}Sum; }`);
