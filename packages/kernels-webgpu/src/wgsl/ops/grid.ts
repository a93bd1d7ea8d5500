/** @file Features of a table, interpolated between the corners of a point's cell, and the gradient of the point. */
import { blockCount, forwardOrder, type JetShape } from '../jet-rule.ts';
import { lines, reads, repeat, type Shader, shader, writes } from '../shader.ts';
import { EACH_THREADS } from './each.ts';
import {
  cellOf,
  cornerFormulas,
  eachCorner,
  fieldOfPoint,
  type GridShape,
  gridDeclarations,
  gridFeatures,
  gridSizes,
  gridStorage,
  loadInput,
  paddedTo,
  rowVectors,
} from './grid-cells.ts';

/** Statements that give a thread its `point`, `level` and `vector` of four features of a row. */
export const gridThread = (grid: GridShape): string => {
  const vectors = rowVectors(grid);
  return lines(
    `let i = (group.y * sizes.columns + group.x) * ${EACH_THREADS}u + lane;`,
    `let vector = i % ${vectors}u;`,
    `let level = (i / ${vectors}u) % ${grid.levels}u;`,
    `let point = i / ${vectors * grid.levels}u;`,
    'if (point >= sizes.points) { return; }',
    fieldOfPoint(grid),
  );
};

/** `upstreamAt(row, level, vector)`: the gradient of four features of a level. */
export const gridUpstream = (grid: GridShape): string =>
  lines(
    'fn upstreamAt(row: u32, level: u32, vector: u32) -> vec4<f32> {',
    '  var g = vec4(0.0);',
    `  let first = row * ${paddedTo(gridFeatures(grid))}u + level * ${grid.rowFeatures}u + vector * 4u;`,
    `  for (var k = 0u; k < 4u && vector * 4u + k < ${grid.rowFeatures}u; k++) { g[k] = upstream[first + k]; }`,
    '  return g;',
    '}',
  );

/** Computes `h`, the features of all levels. */
export const gridJets = (grid: GridShape, jet: JetShape): Shader => {
  const blocks = blockCount(jet);
  const vectors = rowVectors(grid);
  const features = gridFeatures(grid);
  const padded = paddedTo(features);
  const { weight } = cornerFormulas(grid, jet);
  return shader({
    label: `grid ${grid.axes} axes`,
    sizes: gridSizes(grid),
    storage: [...gridStorage(grid), writes('h', 'f32')],
    declarations: gridDeclarations(grid),
    workgroup: [EACH_THREADS, 1],
    body: lines(
      gridThread(grid),
      loadInput(grid, jet),
      cellOf(grid),
      repeat(blocks, block => `var h${block} = vec4(0.0);`),
      eachCorner(
        grid,
        forwardOrder(jet),
        lines(
          'let rowValues = rowAt(row, vector);',
          repeat(blocks, block => `h${block} += (${weight(block)}) * rowValues;`),
        ),
      ),
      `let first = point * ${padded}u + level * ${grid.rowFeatures}u + vector * 4u;`,
      `for (var k = 0u; k < 4u && vector * 4u + k < ${grid.rowFeatures}u; k++) {`,
      repeat(blocks, block => `  h[${block}u * sizes.points * ${padded}u + first + k] = h${block}[k];`),
      '}',
      padded === features
        ? ''
        : lines(
            `if (level == ${grid.levels - 1}u && vector == ${vectors - 1}u) {`,
            `  for (var j = ${features}u; j < ${padded}u; j++) {`,
            repeat(blocks, block => `    h[(${block}u * sizes.points + point) * ${padded}u + j] = 0.0;`),
            '  }',
            '}',
          ),
    ),
  });
};

/** Computes `result`, the gradient of the input; that of coordinates has only the value block. */
export const backwardGrid = (grid: GridShape, jet: JetShape, accumulates: boolean): Shader => {
  const { axes, levels, isCoords } = grid;
  const { first } = jet;
  const blocks = blockCount(jet);
  const { weightByValue, formByFirst, weightDerivative } = cornerFormulas(grid, jet);
  const all = Array.from({ length: blocks }, (_, block) => block);
  const written = isCoords ? [0] : all;
  const added = (block: number, i: number): string => {
    if (block === 0) return all.map(b => `q${b} * (${weightByValue(b, i)})`).join(' + ');
    if (block > first) return `q${block} * ${weightDerivative(i)}`;
    const forms = all.slice(1 + first).map(b => `q${b} * (${formByFirst(b, block - 1, i)})`);
    return [`q${block} * ${weightDerivative(i)}`, ...forms].join(' + ');
  };
  const result = (block: number, i: number): string =>
    `result[(${block}u * sizes.points + point) * ${paddedTo(axes)}u + ${i}u]`;
  return shader({
    label: `grid ${axes} axes, backward`,
    sizes: gridSizes(grid),
    storage: [...gridStorage(grid), reads('upstream', 'f32'), writes('result', 'f32')],
    declarations: [...gridDeclarations(grid), gridUpstream(grid)],
    workgroup: [EACH_THREADS, 1],
    body: lines(
      `let point = (group.y * sizes.columns + group.x) * ${EACH_THREADS}u + lane;`,
      'if (point >= sizes.points) { return; }',
      fieldOfPoint(grid),
      loadInput(grid, jet),
      ...written.map(block => repeat(axes, i => `var r${block}_${i} = 0.0;`)),
      `for (var level = 0u; level < ${levels}u; level++) {`,
      cellOf(grid),
      `for (var vector = 0u; vector < ${rowVectors(grid)}u; vector++) {`,
      repeat(blocks, block => `let g${block} = upstreamAt(${block}u * sizes.points + point, level, vector);`),
      eachCorner(
        grid,
        forwardOrder(jet) + 1,
        lines(
          'let rowValues = rowAt(row, vector);',
          repeat(blocks, block => `let q${block} = dot(rowValues, g${block});`),
          ...written.map(block => repeat(axes, i => `r${block}_${i} += ${added(block, i)};`)),
        ),
      ),
      '}',
      '}',
      ...written.map(block => repeat(axes, i => `${result(block, i)} ${accumulates ? '+=' : '='} r${block}_${i};`)),
      accumulates
        ? ''
        : lines(...written.map(block => repeat(paddedTo(axes) - axes, i => `${result(block, axes + i)} = 0.0;`))),
    ),
  });
};
