/** @file The kernels of all kinds of operations. */
import type { Operation } from '@neural-fields/core/kernels';
import type { Step } from '../../device/plan.ts';
import { columns } from './columns.ts';
import { concat } from './concat.ts';
import { constant } from './constant.ts';
import { elementwise } from './elementwise.ts';
import { grid } from './grid.ts';
import { linear } from './linear.ts';
import type { ForwardPlace, OperationKernels, ReversePlace } from './operation-kernels.ts';
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

/** Whether there are kernels for an operation: all but a rule in tfjs ops, and an activation that has no formulas. */
export const hasKernels = (operation: Operation): boolean =>
  operation.kind !== 'custom' &&
  (operation.kind !== 'elementwise' || operation.activation.definition.expressions !== undefined);

const kernelsFor = (operation: Operation): OperationKernels<Operation> => {
  if (operation.kind === 'custom') throw new RangeError('webgpu: there are no kernels for custom operations');
  return kernels[operation.kind] as OperationKernels<Operation>;
};

/** The dispatches of an operation forward. */
export const forwardSteps = (operation: Operation, place: ForwardPlace): Step[] =>
  kernelsFor(operation).forward(operation, place);

/** The dispatches of an operation in reverse. */
export const reverseSteps = (operation: Operation, place: ReversePlace): Step[] =>
  kernelsFor(operation).reverse(operation, place);
