/** @file The rules of all kinds of operations, in ordinary tfjs ops. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayerJet } from '../jets/layer-jet.ts';
import type { JetShape } from '../jets/request.ts';
import type { OperandArray } from './arrays.ts';
import { columnsJet } from './columns.ts';
import { concatJets } from './concat.ts';
import { constantJet } from './constant.ts';
import { elementwiseJet } from './elementwise.ts';
import { gridJet } from './grid.ts';
import { linearJet } from './linear.ts';
import type { Operation } from './operation.ts';
import { productJet } from './product.ts';
import { sumJets } from './sum.ts';

/** What a rule may use besides its inputs. */
export interface RuleContext {
  readonly shape: JetShape;
  /** n, the number of points. */
  readonly points: number;
  /** A parameter or constant as a tensor. */
  tensor(array: OperandArray): Tensor;
}

/** The jet of an operation's output. */
export const applyOperation = (operation: Operation, inputs: readonly LayerJet[], context: RuleContext): LayerJet => {
  const { shape, tensor } = context;
  const [a, b] = inputs as [LayerJet, LayerJet];
  switch (operation.kind) {
    case 'linear': {
      const { weight, bias, activation } = operation;
      const z = linearJet(a, tensor(weight), bias && tensor(bias));
      return activation ? elementwiseJet(z, activation, context) : z;
    }
    case 'elementwise':
      return elementwiseJet(a, operation.activation, context);
    case 'concat':
      return concatJets(inputs);
    case 'sum':
      return sumJets(inputs, operation.coefficients);
    case 'product':
      return productJet(a, b, shape);
    case 'columns':
      return columnsJet(a, operation.columns);
    case 'constant':
      return constantJet(operation, tensor(operation.values), context);
    case 'grid':
      return gridJet(a, tensor(operation.table), operation, shape);
    case 'custom':
      return operation.rule({ inputs, arrays: operation.arrays.map(tensor), shape });
  }
};
