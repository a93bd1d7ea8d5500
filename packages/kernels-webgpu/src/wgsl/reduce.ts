/** @file Sums of the parts that workgroups leave. */
import { lines, reads, type Shader, shader, writes } from './shader.ts';
import { storeSum, sumDeclarations } from './workgroup-sum.ts';

/** Threads of a workgroup. */
export const REDUCE_THREADS = 256;

/**
 * `total[i]` = the sum over p of `parts[p * sizes.count + i]` for i below `sizes.count`; added to what is there where
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
 * `total[i]` = the sum of the i-th `sizes.count` numbers of `sums`, for workgroup i; added to what is there where
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
 * The derivatives with respect to learned parameter `sizes.which` of an activation that has so many, from what
 * workgroups left in `sums` for each of them: to the first of the `sizes.parts` parts at `sizes.offset`, with 0 in the
 * others. Workgroup f adds up what the f-th `sizes.count` of them left: those of a field, or all.
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

/** The numbers at `sizes.target` of each of the `sizes.parts` parts become 0: `sizes.count` of them. */
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
 * Adds the `sizes.count` numbers at `sizes.source` of each part to every `sizes.pitch`-th one from `sizes.destination`
 * on.
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
