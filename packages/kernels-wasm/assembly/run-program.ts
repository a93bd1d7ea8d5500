/**
 * @file Runs programs on a batch of points, tile by tile: the forward pass, and the backward pass, which recomputes the
 *   forward pass. A tile's jets stay in the second-level cache, and nothing as large as points times width is stored
 *   unless the caller has room for it.
 */
import { addTo, Loss, penaliseBlock } from './loss';
import { columnsForward, columnsBackward } from './ops/columns';
import { concatForward, concatBackward } from './ops/concat';
import { constantForward, constantBackward } from './ops/constant';
import { elementwiseForward, elementwiseBackward } from './ops/elementwise';
import { gridForward, gridBackward } from './ops/grid';
import { linearForward, linearBackward } from './ops/linear';
import { productForward, productBackward } from './ops/product';
import { sumForward, sumBackward } from './ops/sum';
import {
  blocksOf,
  copyFloats,
  formsOf,
  Input,
  inputOf,
  isTileKept,
  lastOperation,
  NONE,
  OPERATION_COLUMNS,
  OPERATION_CONCAT,
  OPERATION_CONSTANT,
  OPERATION_ELEMENTWISE,
  OPERATION_GRID,
  OPERATION_LINEAR,
  OPERATION_PRODUCT,
  OPERATION_SUM,
  operationOf,
  Program,
} from './program';
import { FLOAT } from './simd';

/**
 * Writes an input's jet with `first` and `second` derivative blocks. The jet of coordinates is the coordinates, unit
 * first derivatives, and zero second derivatives. A partial tile repeats the last point.
 */
export function fillInput(program: Program, input: Input, first: i32, second: i32, start: i32, scratch: usize): void {
  const k = input.features;
  const tile = program.tilePoints;
  const blocks = 1 + first + second;
  const rowBytes = (<usize>input.stride) * FLOAT;
  const given = input.sourceIsJet ? blocks : 1;
  const to = scratch + input.jet;
  memory.fill(to, 0, (<usize>(blocks * tile)) * rowBytes);
  for (let block = 0; block < given; block++)
    for (let i = 0; i < tile; i++) {
      const point = block * program.blockPoints + min(start + i, program.points - 1);
      copyFloats(to + (<usize>(block * tile + i)) * rowBytes, input.source + (<usize>(point * k)) * FLOAT, k);
    }
  if (input.sourceIsJet) return;
  for (let axis = 0; axis < first; axis++)
    for (let i = 0; i < tile; i++)
      store<f32>(to + (<usize>((axis + 1) * tile + i)) * rowBytes + (<usize>axis) * FLOAT, 1);
}

function forwardTile(program: Program, start: i32, scratch: usize, forBackward: bool): void {
  const forms = formsOf(program);
  for (let index = 0; index < program.inputCount; index++)
    fillInput(program, inputOf(program, index), forms.first, forms.second, start, scratch);
  for (let index = 0; index < program.operationCount; index++) {
    const operation = operationOf(program.operations, index);
    switch (operation.kind) {
      case OPERATION_LINEAR:
        linearForward(program, operation, scratch, forBackward);
        break;
      case OPERATION_ELEMENTWISE:
        elementwiseForward(program, operation, scratch);
        break;
      case OPERATION_CONCAT:
        concatForward(program, operation, scratch);
        break;
      case OPERATION_SUM:
        sumForward(program, operation, scratch);
        break;
      case OPERATION_PRODUCT:
        productForward(program, operation, scratch);
        break;
      case OPERATION_COLUMNS:
        columnsForward(program, operation, scratch);
        break;
      case OPERATION_CONSTANT:
        constantForward(program, operation, scratch);
        break;
      case OPERATION_GRID:
        gridForward(program, operation, scratch);
        break;
      default:
        unreachable();
    }
  }
}

/** Copies a tile's upstream gradients to the gradient of the last operation, where the backward pass begins. */
function fillUpstream(program: Program, start: i32, scratch: usize): void {
  const last = lastOperation(program);
  const tile = program.tilePoints;
  const count = min(tile, program.points - start);
  const blocks = blocksOf(formsOf(program));
  const o = last.features;
  const to = scratch + last.gradient;
  const rowBytes = (<usize>last.stride) * FLOAT;
  memory.fill(to, 0, (<usize>(blocks * tile)) * rowBytes);
  for (let block = 0; block < blocks; block++)
    for (let i = 0; i < count; i++)
      copyFloats(
        to + (<usize>(block * tile + i)) * rowBytes,
        program.upstream + (<usize>((block * program.blockPoints + start + i) * o)) * FLOAT,
        o,
      );
}

/** The backward pass of a tile; the gradient of the last operation must already be filled. */
function backwardTile(program: Program, start: i32, scratch: usize, gradients: usize): void {
  for (let index = 0; index < program.backwardCount; index++) {
    const operation = operationOf(program.backwardOperations, index);
    switch (operation.kind) {
      case OPERATION_LINEAR:
        linearBackward(program, operation, scratch, gradients);
        break;
      case OPERATION_ELEMENTWISE:
        elementwiseBackward(program, operation, scratch, gradients);
        break;
      case OPERATION_CONCAT:
        concatBackward(program, operation, scratch);
        break;
      case OPERATION_SUM:
        sumBackward(program, operation, scratch);
        break;
      case OPERATION_PRODUCT:
        productBackward(program, operation, scratch);
        break;
      case OPERATION_COLUMNS:
        columnsBackward(program, operation, scratch);
        break;
      case OPERATION_CONSTANT:
        constantBackward(program, operation, scratch, gradients);
        break;
      case OPERATION_GRID:
        gridBackward(program, operation, scratch, gradients, start);
        break;
      default:
        unreachable();
    }
  }
  const blocks = blocksOf(formsOf(program));
  for (let index = 0; index < program.inputCount; index++) {
    const input = inputOf(program, index);
    if (input.gradient != <usize>NONE)
      copyInputGradient(program, input, input.sourceIsJet ? blocks : 1, start, scratch + input.gradient);
  }
}

/** Copies the gradient of an input from scratch, with rows of the input's stride at `from`, to the caller's buffer. */
export function copyInputGradient(program: Program, input: Input, blocks: i32, start: i32, from: usize): void {
  const tile = program.tilePoints;
  const count = min(tile, program.points - start);
  const k = input.features;
  for (let block = 0; block < blocks; block++)
    for (let i = 0; i < count; i++)
      copyFloats(
        input.sourceGradient + (<usize>((block * program.blockPoints + start + i) * k)) * FLOAT,
        from + (<usize>((block * tile + i) * input.stride)) * FLOAT,
        k,
      );
}

/** Computes the outputs of a tile. */
export function forwardOfTile(program: Program, start: i32, scratch: usize): void {
  const last = lastOperation(program);
  const blocks = blocksOf(formsOf(program));
  const tile = program.tilePoints;
  const o = last.features;
  forwardTile(program, start, scratch, isTileKept(program, start));
  const count = min(tile, program.points - start);
  for (let block = 0; block < blocks; block++)
    for (let i = 0; i < count; i++)
      copyFloats(
        program.outputs + (<usize>((block * program.blockPoints + start + i) * o)) * FLOAT,
        scratch + last.jet + (<usize>((block * tile + i) * last.stride)) * FLOAT,
        o,
      );
}

/** Adds the gradients of a tile to `gradients`. */
export function backwardOfTile(program: Program, start: i32, scratch: usize, gradients: usize): void {
  if (!isTileKept(program, start)) forwardTile(program, start, scratch, true);
  fillUpstream(program, start, scratch);
  backwardTile(program, start, scratch, gradients);
}

/** Adds the loss of a tile to the f64 at `sum`, and its gradients to `gradients`. */
export function lossOfTile(program: Program, start: i32, scratch: usize, gradients: usize, sum: usize): void {
  const loss = changetype<Loss>(program.loss);
  const last = lastOperation(program);
  const blocks = blocksOf(formsOf(program));
  const blockBytes = (<usize>(program.tilePoints * last.stride)) * FLOAT;
  const rowBytes = (<usize>last.stride) * FLOAT;
  forwardTile(program, start, scratch, true);
  const upstream = scratch + last.gradient;
  memory.fill(upstream, 0, <usize>blocks * blockBytes);
  for (let block = 0; block < blocks; block++) {
    const outputs = scratch + last.jet + <usize>block * blockBytes;
    const target = upstream + <usize>block * blockBytes;
    const registers = scratch + program.temporaries;
    addTo(sum, penaliseBlock(program, loss, block, start, outputs, rowBytes, target, rowBytes, registers));
  }
  backwardTile(program, start, scratch, gradients);
}
