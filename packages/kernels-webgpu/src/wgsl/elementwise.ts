/** @file Applies an elementwise function to a tensor. */
import { lines, reads, type Shader, shader, writes } from './shader.ts';

/** Threads of a workgroup; each processes four elements. */
export const ELEMENTWISE_THREADS = 64;

/**
 * `result` = f(`source`) for `sizes.count` elements.
 *
 * @param expression f of the vector `x`
 * @param declarations the functions that it calls
 */
export const elementwise = (label: string, expression: string, declarations: readonly string[]): Shader =>
  shader({
    label,
    sizes: ['count', 'columns'],
    storage: [reads('source', 'f32'), writes('result', 'f32')],
    declarations,
    workgroup: [ELEMENTWISE_THREADS, 1],
    body: lines(
      `let i = ((group.y * sizes.columns + group.x) * ${ELEMENTWISE_THREADS}u + lane) * 4u;`,
      'var x = vec4(0.0);',
      'for (var k = 0u; k < 4u && i + k < sizes.count; k++) { x[k] = source[i + k]; }',
      `let y = ${expression};`,
      'for (var k = 0u; k < 4u && i + k < sizes.count; k++) { result[i + k] = y[k]; }',
    ),
  });
