/** @file Sums of the partial results of workgroups. */
import { lines, reads, type Shader, shader, writes } from './shader.ts';
import { storeSum, sumDeclarations } from './workgroup-sum.ts';

/** Threads of a workgroup. */
export const REDUCE_THREADS = 256;

/**
 * `total[i]` = the sum over p of `parts[p * sizes.count + i]` for i < `sizes.count`; added to `total[i]` if
 * `sizes.continues` is 1. Threads are numbered along x, then y.
 */
export const sumParts: Shader = shader({
  label: 'sum of parts',
  sizes: ['count', 'parts', 'continues', 'columns'],
  storage: [reads('parts', 'f32'), writes('total', 'f32')],
  workgroup: [REDUCE_THREADS, 1],
  body: lines(
    `let i = (group.y * sizes.columns + group.x) * ${REDUCE_THREADS}u + lane;`,
    'if (i >= sizes.count) { return; }',
    'var sum = 0.0;',
    'for (var p = 0u; p < sizes.parts; p++) { sum += parts[p * sizes.count + i]; }',
    'total[i] = select(sum, total[i] + sum, sizes.continues == 1u);',
  ),
});

/**
 * `total[i]` = the sum of the i-th group of `sizes.count` elements of `sums`, for workgroup i; added to `total[i]` if
 * `sizes.continues` is 1.
 */
export const sumList: Shader = shader({
  label: 'sum of a list',
  sizes: ['count', 'continues'],
  storage: [reads('sums', 'f32'), writes('total', 'f32')],
  declarations: [sumDeclarations(REDUCE_THREADS)],
  workgroup: [REDUCE_THREADS, 1],
  body: lines(
    'var sum = 0.0;',
    `for (var i = lane; i < sizes.count; i += ${REDUCE_THREADS}u) { sum += sums[group.x * sizes.count + i]; }`,
    'if (lane == 0u && sizes.continues == 1u) { sum += total[group.x]; }',
    storeSum('sum', 'total', 'group.x'),
  ),
});

/**
 * The gradient of the learned parameter `sizes.which` of an activation with `learned` learned parameters: the sum over
 * `sums`, which have one entry per workgroup and parameter. It goes to offset `sizes.offset` of the first of the
 * `sizes.parts` parts, and 0 to the others. Workgroup f sums the f-th group of `sizes.count` entries: those of a field,
 * or all.
 */
export const learnedGradient = (learned: number): Shader =>
  shader({
    label: `learned gradient ${learned}`,
    sizes: ['count', 'parts', 'stride', 'offset', 'which'],
    storage: [reads('sums', 'f32'), writes('parts', 'f32')],
    declarations: [sumDeclarations(REDUCE_THREADS)],
    workgroup: [REDUCE_THREADS, 1],
    body: lines(
      'var sum = 0.0;',
      `for (var i = lane; i < sizes.count; i += ${REDUCE_THREADS}u) { sum += sums[(group.x * sizes.count + i) * ${learned}u + sizes.which]; }`,
      'let whole = addUp(sum, lane);',
      'if (lane == 0u) {',
      '  for (var p = 0u; p < sizes.parts; p++) { parts[p * sizes.stride + sizes.offset + group.x] = select(0.0, whole, p == 0u); }',
      '}',
    ),
  });

/** Clears `sizes.count` elements from `sizes.destination` on in each of the `sizes.parts` parts. */
export const clearParts: Shader = shader({
  label: 'clear parts',
  sizes: ['count', 'parts', 'stride', 'destination', 'columns'],
  storage: [writes('parts', 'f32')],
  workgroup: [REDUCE_THREADS, 1],
  body: lines(
    `let i = (group.y * sizes.columns + group.x) * ${REDUCE_THREADS}u + lane;`,
    'if (i >= sizes.count * sizes.parts) { return; }',
    'parts[(i / sizes.count) * sizes.stride + sizes.destination + i % sizes.count] = 0.0;',
  ),
});

/**
 * In each part, adds the `sizes.count` elements from `sizes.source` on to every `sizes.pitch`-th element from
 * `sizes.destination` on.
 */
export const addParts: Shader = shader({
  label: 'add parts',
  sizes: ['count', 'parts', 'stride', 'source', 'destination', 'pitch', 'columns'],
  storage: [writes('parts', 'f32')],
  workgroup: [REDUCE_THREADS, 1],
  body: lines(
    `let i = (group.y * sizes.columns + group.x) * ${REDUCE_THREADS}u + lane;`,
    'if (i >= sizes.count * sizes.parts) { return; }',
    'let part = (i / sizes.count) * sizes.stride;',
    'let k = i % sizes.count;',
    'parts[part + sizes.destination + k * sizes.pitch] += parts[part + sizes.source + k];',
  ),
});
