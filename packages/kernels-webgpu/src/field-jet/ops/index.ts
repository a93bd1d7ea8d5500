/** @file The kernels of all kinds of operations. */
import type { Operation } from '@neural-fields/core/kernels';
import type { Step } from '../../device/plan.ts';
import { columns } from './columns.ts';
import { concat } from './concat.ts';
import { constant } from './constant.ts';
import { elementwise } from './elementwise.ts';
import { grid } from './grid.ts';
import { linear } from './linear.ts';
import type { BackwardContext, ForwardContext, OperationKernels } from './operation-kernels.ts';
import { product } from './product.ts';
import { sum } from './sum.ts';

type Fused = Exclude<Operation, { readonly kind: 'custom' }>;

const kernels: { readonly [K in Fused['kind']]: OperationKernels<Extract<Fused, { readonly kind: K }>> } = {
  linear,
  elementwise,
  concat,
  sum,
  product,
  columns,
  constant,
  grid,
};

/** Whether an operation has kernels: all have but custom rules in tfjs ops, and activations without formulas. */
export const hasKernels = (operation: Operation): boolean =>
  operation.kind !== 'custom' &&
  (operation.kind !== 'grid' || operation.levels.every(({ blocks }) => blocks === undefined)) &&
  (operation.kind !== 'elementwise' || operation.activation.definition.expressions !== undefined);

const kernelsFor = (operation: Operation): OperationKernels<Operation> => {
  if (operation.kind === 'custom') throw new RangeError('webgpu: there are no kernels for custom operations');
  return kernels[operation.kind] as OperationKernels<Operation>;
};

/** The dispatches of an operation's forward pass. */
export const forwardSteps = (operation: Operation, context: ForwardContext): Step[] =>
  kernelsFor(operation).forward(operation, context);

/** The dispatches of an operation's backward pass. */
export const backwardSteps = (operation: Operation, context: BackwardContext): Step[] =>
  kernelsFor(operation).backward(operation, context);
