import type { GridOperation } from '@neural-fields/core/kernels';
import type { GridLevel } from '@neural-fields/core/layers';
import type { Step } from '../../device/plan.ts';
import { EACH_THREADS } from '../../wgsl/ops/each.ts';
import { backwardGrid, gridJets } from '../../wgsl/ops/grid.ts';
import { type GridShape, rowVectors } from '../../wgsl/ops/grid-cells.ts';
import {
  addContributions,
  clearTableSums,
  type FixedPoint,
  fixedPoint,
  largestContribution,
  tableSumsLength,
  tableSumsToGradient,
} from '../../wgsl/ops/table-gradient.ts';
import { type FieldProgram, isCoords, isOwn } from '../field-program.ts';
import type { GradientLocation } from '../regions.ts';
import { overElements, overPoints } from './groups.ts';
import type { BackwardContext, OperationKernels } from './operation-kernels.ts';

const shapeOf = (
  { inputs: [input], table, levels, interpolation }: GridOperation,
  program: FieldProgram,
): GridShape => ({
  axes: program.widths[input] as number,
  rows: table.shape[0] as number,
  rowFeatures: table.shape[1] as number,
  levels: levels.length,
  interpolation,
  isCoords: isCoords(program, input),
  own: isOwn(table),
});

const encodeLevels = (levels: readonly GridLevel[]): Uint32Array =>
  Uint32Array.from(
    levels.flatMap(({ resolution, firstRow, rows, hashed }) => [resolution, firstRow, rows, Number(hashed)]),
  );

/** The number of levels to which a row may belong. */
const levelsOfRow = (levels: readonly GridLevel[]): number => {
  const inOrder = [...levels].sort((a, b) => a.firstRow - b.firstRow);
  const overlap = inOrder.some(({ firstRow }, index) => {
    const before = inOrder[index - 1];
    return before !== undefined && before.firstRow + before.rows > firstRow;
  });
  return overlap ? levels.length : 1;
};

/** How the gradient of a table is summed over `points` points, and how many integers that takes. */
export const sumsOfTable = (
  operation: GridOperation,
  program: FieldProgram,
  points: number,
): { readonly fixed: FixedPoint; readonly length: number } => {
  const { axes, rows, rowFeatures } = shapeOf(operation, program);
  const fixed = fixedPoint(points * 2 ** axes * levelsOfRow(operation.levels));
  return { fixed, length: tableSumsLength(rows * rowFeatures, fixed) };
};

/**
 * The dispatches for the table's gradient: clear the sums, find the largest contribution, add all contributions, and
 * convert the sums to floats.
 */
const towardsTable = (
  operation: GridOperation,
  location: GradientLocation,
  { program, points, fields, upstream, groupOf, slotOf, reserve, accumulatesIn }: BackwardContext,
): Step[] => {
  const grid = shapeOf(operation, program);
  const { rows, rowFeatures } = grid;
  const tables = location.own ? fields : 1;
  const { fixed, length: ofTable } = sumsOfTable(operation, program, points / tables);
  const length = tables * ofTable;
  reserve('tableSums', length);
  const tableSums = { slot: 'tableSums' };
  const bindings = {
    x: { slot: slotOf(operation.inputs[0]) },
    levels: { values: encodeLevels(operation.levels) },
    upstream: { slot: upstream },
    tableSums,
  };
  const threads = overPoints({ points, fields }, rowVectors(grid) * grid.levels);
  const { sizes, groups } = overElements(tables * rows * rowFeatures, EACH_THREADS);
  return [
    { shader: clearTableSums, ...overElements(length, EACH_THREADS), bindings: { tableSums } },
    { shader: largestContribution(grid, program.jet, fixed), ...threads, bindings },
    { shader: addContributions(grid, program.jet, fixed), ...threads, bindings },
    {
      shader: tableSumsToGradient(grid, fixed),
      sizes: { ...sizes, offset: location.offset, continues: Number(accumulatesIn(location)), fields },
      groups,
      bindings: { tableSums, gradient: { slot: groupOf(location).slots.gradient } },
    },
  ];
};

/** One dispatch forward; backward, four for the gradient of a learned table and one for that of the input. */
export const grid: OperationKernels<GridOperation> = {
  forward(operation, { program, regions, register, points, fields, slotOf }) {
    const shape = shapeOf(operation, program);
    return [
      {
        shader: gridJets(shape, program.jet),
        ...overPoints({ points, fields }, rowVectors(shape) * shape.levels),
        bindings: {
          x: { slot: slotOf(operation.inputs[0]) },
          table: regions.bindingOf(operation.table),
          levels: { values: encodeLevels(operation.levels) },
          h: { slot: slotOf(register) },
        },
      },
    ];
  },
  backward(operation, context) {
    const { program, regions, points, fields, upstream, slotOf, into } = context;
    const [input] = operation.inputs;
    const at = regions.gradients.get(operation)?.table;
    const learned = at === undefined ? [] : towardsTable(operation, at, context);
    const target = into(input);
    if (target === undefined) return learned;
    return [
      ...learned,
      {
        shader: backwardGrid(shapeOf(operation, program), program.jet, target.accumulates),
        ...overPoints({ points, fields }, 1),
        bindings: {
          x: { slot: slotOf(input) },
          table: regions.bindingOf(operation.table),
          levels: { values: encodeLevels(operation.levels) },
          upstream: { slot: upstream },
          result: { slot: target.slot },
        },
      },
    ];
  },
};
