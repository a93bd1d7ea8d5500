import type { GridOperation } from '@neural-fields/core/kernels';
import type { GridLevel } from '@neural-fields/core/layers';
import type { Step } from '../../device/plan.ts';
import { EACH_THREADS } from '../../wgsl/ops/each.ts';
import { gridJets, reverseGrid } from '../../wgsl/ops/grid.ts';
import { type GridShape, rowVectors } from '../../wgsl/ops/grid-cells.ts';
import {
  addContributions,
  clearTableSums,
  fixedPoint,
  largestContribution,
  tableSumsLength,
  tableSumsToGradient,
} from '../../wgsl/ops/table-gradient.ts';
import { type FieldProgram, isCoords } from '../field-program.ts';
import { overNumbers, overPoints } from './groups.ts';
import type { OperationKernels, ReversePlace } from './operation-kernels.ts';

const shapeOf = ({ inputs: [input], table, levels }: GridOperation, program: FieldProgram): GridShape => ({
  axes: program.widths[input] as number,
  rows: table.shape[0] as number,
  rowFeatures: table.shape[1] as number,
  levels: levels.length,
  isCoords: isCoords(program, input),
});

const levelNumbers = (levels: readonly GridLevel[]): Uint32Array =>
  Uint32Array.from(levels.flatMap(({ resolution, firstRow, rows, hashed }) => [resolution, firstRow, rows, Number(hashed)]));

/** How many levels a row may belong to. */
const levelsOfRow = (levels: readonly GridLevel[]): number => {
  const inOrder = [...levels].sort((a, b) => a.firstRow - b.firstRow);
  const overlap = inOrder.some(({ firstRow }, index) => {
    const before = inOrder[index - 1];
    return before !== undefined && before.firstRow + before.rows > firstRow;
  });
  return overlap ? levels.length : 1;
};

/** The dispatches towards the table: what is there becomes 0, the largest number is found, all are added up, and the sums become floats. */
const towardsTable = (
  operation: GridOperation,
  offset: number,
  { program, points, upstream, continues, slotOf, reserve, isFirst }: ReversePlace,
): Step[] => {
  const grid = shapeOf(operation, program);
  const { axes, rows, rowFeatures } = grid;
  const fixed = fixedPoint(points * 2 ** axes * levelsOfRow(operation.levels));
  const length = tableSumsLength(rows * rowFeatures, fixed);
  reserve('tableSums', length);
  const tableSums = { slot: 'tableSums' };
  const bindings = {
    x: { slot: slotOf(operation.inputs[0]) },
    levels: { values: levelNumbers(operation.levels) },
    upstream: { slot: upstream },
    tableSums,
  };
  const threads = overPoints(points, rowVectors(grid) * grid.levels);
  const { sizes, groups } = overNumbers(rows * rowFeatures, EACH_THREADS);
  return [
    { shader: clearTableSums, ...overNumbers(length, EACH_THREADS), bindings: { tableSums } },
    { shader: largestContribution(grid, program.jet), ...threads, bindings },
    { shader: addContributions(grid, program.jet, fixed), ...threads, bindings },
    {
      shader: tableSumsToGradient(fixed),
      sizes: { ...sizes, offset, continues: Number(continues || !isFirst(offset)) },
      groups,
      bindings: { tableSums, gradient: { slot: 'gradient' } },
    },
  ];
};

/** One dispatch forward; in reverse four towards a learned table, and one towards the input. */
export const grid: OperationKernels<GridOperation> = {
  forward(operation, { program, regions, register, points, slotOf }) {
    const shape = shapeOf(operation, program);
    return [
      {
        shader: gridJets(shape, program.jet),
        ...overPoints(points, rowVectors(shape) * shape.levels),
        bindings: {
          x: { slot: slotOf(operation.inputs[0]) },
          table: regions.bindingOf(operation.table),
          levels: { values: levelNumbers(operation.levels) },
          h: { slot: slotOf(register) },
        },
      },
    ];
  },
  reverse(operation, place) {
    const { program, regions, points, upstream, slotOf, into } = place;
    const [input] = operation.inputs;
    const offset = regions.gradients.get(operation)?.table;
    const learned = offset === undefined ? [] : towardsTable(operation, offset, place);
    const target = into(input);
    if (target === undefined) return learned;
    return [
      ...learned,
      {
        shader: reverseGrid(shapeOf(operation, program), program.jet, target.adds),
        ...overPoints(points, 1),
        bindings: {
          x: { slot: slotOf(input) },
          table: regions.bindingOf(operation.table),
          levels: { values: levelNumbers(operation.levels) },
          upstream: { slot: upstream },
          result: { slot: target.slot },
        },
      },
    ];
  },
};
