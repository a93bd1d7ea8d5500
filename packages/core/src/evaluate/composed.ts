/** @file Runs operations in ordinary tfjs ops, on any backend. */
import { reshape, type Tensor, tensor } from '@tensorflow/tfjs-core';
import type { LayerJet } from '../jets/layer-jet.ts';
import type { JetShape } from '../jets/request.ts';
import type { OperandArray } from '../ops/arrays.ts';
import type { Operation, Register } from '../ops/operation.ts';
import { applyOperation } from '../ops/rules.ts';

/** The inputs of {@link runComposed}. */
export interface ComposedRun {
  /** In order; operation `index` writes register index + 1. */
  readonly operations: Iterable<readonly [index: number, operation: Operation]>;
  /** The registers that are already computed: at least register 0, the jet of the coordinates. */
  readonly known: ReadonlyMap<Register, LayerJet>;
  /** The parameters in the order of the layout, in their shapes. */
  readonly parameters: readonly Tensor[];
  readonly shape: JetShape;
}

/** The jets of all known registers and of those that the operations write. */
export const runComposed = ({ operations, known, parameters, shape }: ComposedRun): Map<Register, LayerJet> => {
  const jets = new Map(known);
  const points = (known.get(0) as LayerJet).value.shape[0];
  const tensorOf = (array: OperandArray): Tensor =>
    array.kind === 'constant' ? reshape(tensor(array.values()), [...array.shape]) : (parameters[array.index] as Tensor);
  const context = { shape, points, tensor: tensorOf };
  for (const [index, operation] of operations) {
    const inputs = operation.inputs.map(register => jets.get(register) as LayerJet);
    jets.set(index + 1, applyOperation(operation, inputs, context));
  }
  return jets;
};
