/**
 * @file A minimal backend: evaluates linear layers and formula activations in plain JavaScript. Everything else runs in
 *   tfjs ops, as on every backend.
 */

import { type Expression, evaluateScalar, linearise } from '@neural-fields/core/elementwise';
import {
  type ElementwiseFunction,
  type FieldBackend,
  type LinearOperation,
  registerWidths,
} from '@neural-fields/core/kernels';
import type { OperandArray } from '@neural-fields/core/layers';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';

type Lookup = (array: OperandArray) => ArrayLike<number>;

/** Evaluates an activation at a pre-activation. */
const scalarFunction = ({ definition, parameters }: ElementwiseFunction): ((z: number, at: Lookup) => number) => {
  const value = definition.expressions?.derivatives[0] as Expression;
  const program = linearise([value], Object.keys(definition.parameters));
  return (z, at) => {
    const values = parameters.map(p => [p.name, typeof p.value === 'number' ? p.value : (at(p.value)[0] as number)]);
    return evaluateScalar(program, z, Object.fromEntries(values))[0] as number;
  };
};

/** Supports values only: requests with derivatives run in tfjs ops. */
export const plainBackend: FieldBackend = {
  name: 'plain',
  rank: 1,
  reportEvery: 1,
  supports: (operation, { order }) =>
    order === 0 &&
    (operation.kind === 'linear' ||
      (operation.kind === 'elementwise' && operation.activation.definition.expressions !== undefined)),
  compile(program, on) {
    const cpu = on as MathBackendCPU;
    const widths = registerWidths(program);
    const operations = program.operations as readonly LinearOperation[];
    if (operations.some(({ kind }) => kind !== 'linear')) return undefined;
    const functions = operations.map(({ activation }) => activation && scalarFunction(activation));
    return {
      forward(inputs, parameters) {
        const flat = cpu.data.get(parameters.dataId).values as Float32Array;
        const at: Lookup = array => (array.kind === 'constant' ? array.values() : flat.subarray(array.offset));
        const n = inputs[0]?.shape[0] as number;
        const registers = inputs.map(({ dataId }) => cpu.data.get(dataId).values as Float32Array);
        for (const [index, { inputs: from, weight, bias, outFeatures }] of operations.entries()) {
          const [x, w, b] = [registers[from[0]] as Float32Array, at(weight), bias && at(bias)];
          const inFeatures = widths[from[0]] as number;
          const s = functions[index];
          const z = (i: number, j: number): number => {
            let sum = b?.[j] ?? 0;
            for (let k = 0; k < inFeatures; k++)
              sum += (x[i * inFeatures + k] as number) * (w[k * outFeatures + j] as number);
            return sum;
          };
          registers.push(
            Float32Array.from({ length: n * outFeatures }, (_, place) => {
              const sum = z(Math.floor(place / outFeatures), place % outFeatures);
              return s ? s(sum, at) : sum;
            }),
          );
        }
        return [cpu.makeTensorInfo([n, program.outFeatures], 'float32', registers.at(-1) as Float32Array)];
      },
      backward() {
        throw new Error('plain: this backend evaluates fields, but does not support fits');
      },
    };
  },
};
