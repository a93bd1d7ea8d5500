/** @file The weight matrices in a flat vector of parameters, for optimizers that treat them as matrices. */
import { concat1d, reshape, slice, type Tensor, type Tensor1D, type Tensor3D } from '@tensorflow/tfjs-core';
import type { OptimizerParameters } from '../fit/optimizer.ts';
import type { ParameterEntry, ParameterLayout } from '../params/layout.ts';

/** Consecutive matrices of one shape in a vector, row-major: one weight matrix, or those of a batch of fields. */
export interface MatrixRange {
  readonly start: number;
  readonly count: number;
  /** Rows. */
  readonly inFeatures: number;
  /** Columns. */
  readonly outFeatures: number;
}

/** Whether a parameter is the weight matrix of a dense layer, or such matrices of a batch of fields. */
const isWeight = ({ role, shape, trained }: ParameterEntry): boolean =>
  trained && role === 'weight' && (shape.length === 2 || shape.length === 3);

const rangeOf = ({ offset, size, shape }: ParameterEntry): MatrixRange => {
  const [inFeatures, outFeatures] = shape.slice(-2) as [number, number];
  return { start: offset, count: size / (inFeatures * outFeatures), inFeatures, outFeatures };
};

/** The list of layers that a layer is in: its path without the index at the end. */
const listOf = ({ layer }: ParameterEntry): string => layer.replace(/\.?\d+$/, '');

/** The names of a model's weights that are neither the first nor the last of their list of layers. */
const hiddenNames = (model: ParameterLayout): ReadonlySet<string> => {
  const lists = new Map<string, string[]>();
  for (const entry of model.entries)
    if (isWeight(entry)) lists.set(listOf(entry), [...(lists.get(listOf(entry)) ?? []), entry.name]);
  return new Set([...lists.values()].flatMap(names => names.slice(1, -1)));
};

/** The weight matrices among some parameters. */
export const weightMatrices = ({ layout }: OptimizerParameters): MatrixRange[] =>
  layout.entries.filter(isWeight).map(rangeOf);

/**
 * The weight matrices of hidden layers: neither the first nor the last weights of a list of layers. Branches of
 * combinators and the parts of a model are lists of their own.
 */
export const hiddenMatrices = ({ layout, model }: OptimizerParameters): MatrixRange[] => {
  const hidden = hiddenNames(model);
  return layout.entries.filter(entry => isWeight(entry) && hidden.has(entry.name)).map(rangeOf);
};

/** A vector split into matrices and all other elements. */
export interface MatrixParts {
  /** The matrices of each shape, `f32[count, inFeatures, outFeatures]`. */
  readonly stacks: readonly Tensor3D[];
  /** All other elements, in order. */
  readonly rest: Tensor1D;
}

/** The shape of a stack of matrices. */
export type StackShape = readonly [count: number, inFeatures: number, outFeatures: number];

/** A partition of a vector into stacks of matrices of one shape, and a rest. */
export interface MatrixPartition {
  readonly shapes: readonly StackShape[];
  /** Where the matrices of each stack start in the vector. */
  readonly starts: readonly (readonly number[])[];
  /** The number of elements of the rest. */
  readonly restSize: number;
  take(vector: Tensor1D): MatrixParts;
  join(parts: MatrixParts): Tensor1D;
}

/** A contiguous piece of a vector, and where it is in its stack, or in the rest. */
interface Piece {
  readonly start: number;
  readonly length: number;
  /** -1 for the rest. */
  readonly stack: number;
  /** In elements of the stack or the rest. */
  readonly position: number;
}

/** Joins vectors; a single one is returned as it is. */
const joined = (vectors: readonly Tensor1D[]): Tensor1D =>
  vectors.length === 1 ? (vectors[0] as Tensor1D) : concat1d([...vectors]);

/**
 * The partition of a vector of `size` elements.
 *
 * @param matrices in the order of the vector, without overlap
 */
export const partition = (size: number, matrices: readonly MatrixRange[]): MatrixPartition => {
  const pieces: Piece[] = [];
  const shapes: [count: number, inFeatures: number, outFeatures: number][] = [];
  const starts: number[][] = [];
  let restSize = 0;
  let end = 0;
  const addRest = (start: number, until: number): void => {
    if (until === start) return;
    pieces.push({ start, length: until - start, stack: -1, position: restSize });
    restSize += until - start;
  };
  for (const { start, count, inFeatures, outFeatures } of matrices) {
    addRest(end, start);
    let stack = shapes.findIndex(shape => shape[1] === inFeatures && shape[2] === outFeatures);
    if (stack < 0) {
      stack = shapes.push([0, inFeatures, outFeatures]) - 1;
      starts.push([]);
    }
    const shape = shapes[stack] as (typeof shapes)[number];
    const area = inFeatures * outFeatures;
    pieces.push({ start, length: count * area, stack, position: shape[0] * area });
    for (let index = 0; index < count; index++) starts[stack]?.push(start + index * area);
    shape[0] += count;
    end = start + count * area;
  }
  addRest(end, size);
  const gather = (vector: Tensor1D, stack: number): Tensor1D => {
    const own = pieces.filter(piece => piece.stack === stack);
    return own.length === 0
      ? slice(vector, 0, 0)
      : joined(own.map(({ start, length }) => slice(vector, start, length)));
  };
  return {
    shapes,
    starts,
    restSize,
    take: vector => ({
      stacks: shapes.map((shape, stack) => reshape(gather(vector, stack), shape)),
      rest: gather(vector, -1),
    }),
    join: ({ stacks, rest }) => {
      const flat = (stack: Tensor): Tensor1D => reshape(stack, [stack.size]);
      const sources = [...stacks.map(flat), rest];
      return joined(
        pieces.map(({ stack, position, length }) => slice(sources.at(stack) as Tensor1D, position, length)),
      );
    },
  };
};
