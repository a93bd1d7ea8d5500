import type { GridOperation } from '@neural-fields/core/kernels';
import type { GridLevel } from '@neural-fields/core/layers';
import type { Step } from '../../device/plan.ts';
import { EACH_THREADS } from '../../wgsl/ops/each.ts';
import { gridJets, reverseGrid } from '../../wgsl/ops/grid.ts';
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
import type { GradientPlace } from '../regions.ts';
import { overNumbers, overPoints } from './groups.ts';
import type { OperationKernels, ReversePlace } from './operation-kernels.ts';

const shapeOf = ({ inputs: [input], table, levels }: GridOperation, program: FieldProgram): GridShape => ({
  axes: program.widths[input] as number,
  rows: table.shape[0] as number,
  rowFeatures: table.shape[1] as number,
  levels: levels.length,
  isCoords: isCoords(program, input),
  own: isOwn(table),
});

const levelNumbers = (levels: readonly GridLevel[]): Uint32Array =>
  Uint32Array.from(
    levels.flatMap(({ resolution, firstRow, rows, hashed }) => [resolution, firstRow, rows, Number(hashed)]),
  );

/** How many levels a row may belong to. */
const levelsOfRow = (levels: readonly GridLevel[]): number => {
  const inOrder = [...levels].sort((a, b) => a.firstRow - b.firstRow);
  const overlap = inOrder.some(({ firstRow }, index) => {
    const before = inOrder[index - 1];
    return before !== undefined && before.firstRow + before.rows > firstRow;
  });
  return overlap ? levels.length : 1;
};

/** How the gradient of a table is added up, over so many points, and how many integers that takes. */
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
 * The dispatches towards the table: what is there becomes 0, the largest number is found, all are added up, and the
 * sums become floats.
 */
const towardsTable = (
  operation: GridOperation,
  place: GradientPlace,
  { program, points, fields, upstream, groupOf, slotOf, reserve, addsTo }: ReversePlace,
): Step[] => {
  const grid = shapeOf(operation, program);
  const { rows, rowFeatures } = grid;
  const tables = place.own ? fields : 1;
  const { fixed, length: ofTable } = sumsOfTable(operation, program, points / tables);
  const length = tables * ofTable;
  reserve('tableSums', length);
  const tableSums = { slot: 'tableSums' };
  const bindings = {
    x: { slot: slotOf(operation.inputs[0]) },
    levels: { values: levelNumbers(operation.levels) },
    upstream: { slot: upstream },
    tableSums,
  };
  const threads = overPoints({ points, fields }, rowVectors(grid) * grid.levels);
  const { sizes, groups } = overNumbers(tables * rows * rowFeatures, EACH_THREADS);
  return [
    { shader: clearTableSums, ...overNumbers(length, EACH_THREADS), bindings: { tableSums } },
    { shader: largestContribution(grid, program.jet, fixed), ...threads, bindings },
    { shader: addContributions(grid, program.jet, fixed), ...threads, bindings },
    {
      shader: tableSumsToGradient(grid, fixed),
      sizes: { ...sizes, offset: place.offset, continues: Number(addsTo(place)), fields },
      groups,
      bindings: { tableSums, gradient: { slot: groupOf(place).slots.gradient } },
    },
  ];
};

/** One dispatch forward; in reverse four towards a learned table, and one towards the input. */
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
          levels: { values: levelNumbers(operation.levels) },
          h: { slot: slotOf(register) },
        },
      },
    ];
  },
  reverse(operation, place) {
    const { program, regions, points, fields, upstream, slotOf, into } = place;
    const [input] = operation.inputs;
    const at = regions.gradients.get(operation)?.table;
    const learned = at === undefined ? [] : towardsTable(operation, at, place);
    const target = into(input);
    if (target === undefined) return learned;
    return [
      ...learned,
      {
        shader: reverseGrid(shapeOf(operation, program), program.jet, target.adds),
        ...overPoints({ points, fields }, 1),
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
