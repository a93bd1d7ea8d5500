/**
 * @file Transforms a program into one that also computes its tangent: for each register h(theta) the directional
 *   derivative h' = d/de h(theta + e v) with respect to the parameters. It consists of the same operations over the
 *   parameters [theta; v], so that it has jets in the coordinates and a backward pass, and runs in the kernels of every
 *   backend:
 *
 *     linear        z' = h' W + h V + c, where V and c are the parts of v for W and the bias
 *     elementwise   h' = s'(z) z' + sum_p p' ds/dp(z)
 *     product       (a b)' = a' b + a b'
 *     sum, concat, columns of the tangents; constant, grid of v's values
 *
 * Zero tangents are omitted. (This is the R-operator of Pearlmutter 1994, "Fast Exact Multiplication by the Hessian":
 * the backward pass of h' gives products with second derivatives.) For a grid whose input depends on parameters, the
 * tangent needs the grid's first derivatives, for which there is no kernel: it is a custom operation in tfjs ops.
 */
import { slice, type Tensor } from '@tensorflow/tfjs-core';
import { derivativeActivationOf, parameterTangentOf, tangentName } from '../elementwise/tangent.ts';
import type { LayerJet } from '../jets/layer-jet.ts';
import { constantArray, type OperandArray, type ParameterArray } from '../ops/arrays.ts';
import { gridDerivativeJet } from '../ops/grid.ts';
import type {
  CustomOperation,
  ElementwiseFunction,
  ElementwiseParameter,
  GridOperation,
  LinearOperation,
  Operation,
  Program,
  Register,
} from '../ops/operation.ts';
import { productJet } from '../ops/product.ts';
import { sumJets } from '../ops/sum.ts';

/** The array of v for a parameter. */
export type DirectionOf = (array: ParameterArray) => ParameterArray;

/** Builds the tangent program. */
class TangentWriter {
  readonly operations: Operation[] = [];
  readonly #program: Program;
  readonly #directionOf: DirectionOf;
  /** For each register of the program, the registers of its value and tangent in the new one. */
  readonly #places: Register[] = [0];
  readonly #tangents: (Register | undefined)[] = [undefined];

  constructor(program: Program, directionOf: DirectionOf) {
    this.#program = program;
    this.#directionOf = directionOf;
  }

  #add(operation: Operation): Register {
    return this.operations.push(operation);
  }

  #direction(array: OperandArray | undefined): ParameterArray | undefined {
    return array?.kind === 'parameter' ? this.#directionOf(array) : undefined;
  }

  #widthOf(register: Register): number {
    return register === 0
      ? this.#program.inFeatures
      : (this.#program.operations[register - 1] as Operation).outFeatures;
  }

  /** The sum of the present parts. */
  #sum(parts: readonly (Register | undefined)[], outFeatures: number): Register | undefined {
    const inputs = parts.filter(part => part !== undefined);
    if (inputs.length < 2) return inputs[0];
    return this.#add({ kind: 'sum', inputs, outFeatures, coefficients: inputs.map(() => 1) });
  }

  #zeros(outFeatures: number): Register {
    return this.#add({
      kind: 'constant',
      inputs: [],
      outFeatures,
      values: constantArray([outFeatures], () => new Float32Array(outFeatures)),
    });
  }

  #linear({ inputs: [input], outFeatures, weight, bias }: LinearOperation): Register | undefined {
    const moved = this.#tangents[input];
    const [ofWeight, ofBias] = [this.#direction(weight), this.#direction(bias)];
    const own =
      ofWeight &&
      this.#add({
        kind: 'linear',
        inputs: [this.#places[input] as Register],
        outFeatures,
        weight: ofWeight,
        ...(ofBias && { bias: ofBias }),
      });
    const left = ofBias && !ofWeight ? ofBias : undefined;
    const passed =
      moved !== undefined
        ? this.#add({ kind: 'linear', inputs: [moved], outFeatures, weight, ...(left && { bias: left }) })
        : left && this.#add({ kind: 'constant', inputs: [], outFeatures, values: left });
    return this.#sum([passed, own], outFeatures);
  }

  #elementwise(
    input: Register,
    outFeatures: number,
    { definition, parameters }: ElementwiseFunction,
  ): Register | undefined {
    const moved = this.#tangents[input];
    const z = this.#places[input] as Register;
    const learned = parameters.flatMap(({ name, value }) => (typeof value === 'number' ? [] : [{ name, value }]));
    const ofFunction =
      learned.length > 0
        ? this.#add({
            kind: 'elementwise',
            inputs: [z],
            outFeatures,
            activation: {
              definition: parameterTangentOf(
                definition,
                learned.map(({ name }) => name),
              ),
              parameters: [
                ...parameters,
                ...learned.map(
                  ({ name, value }): ElementwiseParameter => ({
                    name: tangentName(name),
                    value: this.#directionOf(value),
                    initial: 0,
                  }),
                ),
              ],
            },
          })
        : undefined;
    return this.#sum(
      [
        moved === undefined ? undefined : this.#firstDerivativeTimes(z, moved, outFeatures, { definition, parameters }),
        ofFunction,
      ],
      outFeatures,
    );
  }

  /** s'(z) z' */
  #firstDerivativeTimes(
    z: Register,
    moved: Register,
    outFeatures: number,
    { definition, parameters }: ElementwiseFunction,
  ): Register {
    const derivative = derivativeActivationOf(definition);
    const isSame = derivative.expressions?.derivatives[0];
    if (isSame?.kind === 'constant')
      return isSame.value === 1
        ? moved
        : this.#add({ kind: 'sum', inputs: [moved], outFeatures, coefficients: [isSame.value] });
    const factor = this.#add({
      kind: 'elementwise',
      inputs: [z],
      outFeatures,
      activation: { definition: derivative, parameters },
    });
    return this.#add({ kind: 'product', inputs: [factor, moved], outFeatures });
  }

  #grid(operation: GridOperation): Register | undefined {
    const {
      inputs: [input],
      outFeatures,
      table,
    } = operation;
    const place = this.#places[input] as Register;
    const moved = this.#tangents[input];
    const direction = this.#direction(table);
    const own = direction && this.#add({ ...operation, inputs: [place], table: direction });
    if (moved === undefined) return own;
    const axes = Array.from({ length: this.#widthOf(input) }, (_, axis) => axis);
    const derivatives: CustomOperation = {
      kind: 'custom',
      inputs: [place, moved],
      outFeatures,
      arrays: [table],
      rule({ inputs: [x, dx], arrays: [rows], shape }) {
        const parts = axes.map(axis =>
          productJet(
            gridDerivativeJet(x as LayerJet, rows as Tensor, { ...operation, axis }, shape),
            featureOf(dx as LayerJet, axis),
            shape,
          ),
        );
        return sumJets(
          parts,
          axes.map(() => 1),
        );
      },
    };
    return this.#sum([this.#add(derivatives), own], outFeatures);
  }

  #custom({ inputs, outFeatures, arrays, tangent }: CustomOperation): Register | undefined {
    const moved = inputs.map(register => this.#tangents[register]);
    const directions = arrays.map(given => this.#direction(given));
    if (![...moved, ...directions].some(part => part !== undefined)) return undefined;
    if (tangent === undefined)
      throw new TypeError(
        'tangent: a custom operation that depends on parameters must have a tangent (custom(inputs, { ..., tangent })), got none',
      );
    /** Puts the present parts back at their positions among all parts. */
    const spread = <T>(all: readonly unknown[], present: readonly T[]): (T | undefined)[] => {
      const rest = [...present];
      return all.map(part => (part === undefined ? undefined : rest.shift()));
    };
    return this.#add({
      kind: 'custom',
      inputs: [
        ...inputs.map(register => this.#places[register] as Register),
        ...moved.filter(register => register !== undefined),
      ],
      outFeatures,
      arrays: [...arrays, ...directions.filter(given => given !== undefined)],
      rule: given =>
        tangent({
          inputs: given.inputs.slice(0, inputs.length),
          inputTangents: spread(moved, given.inputs.slice(inputs.length)),
          arrays: given.arrays.slice(0, arrays.length),
          arrayTangents: spread(directions, given.arrays.slice(arrays.length)),
          shape: given.shape,
        }),
    });
  }

  /** Adds the tangent of an operation that is already added. */
  #tangentOf(operation: Operation): Register | undefined {
    const { outFeatures } = operation;
    const moved = operation.inputs.map(register => this.#tangents[register]);
    const isConstant = moved.every(register => register === undefined);
    switch (operation.kind) {
      case 'linear':
        return this.#linear(operation);
      case 'elementwise':
        return this.#elementwise(operation.inputs[0], outFeatures, operation.activation);
      case 'product': {
        const [a, b] = operation.inputs.map(register => this.#places[register]) as [Register, Register];
        const [da, db] = moved;
        return this.#sum(
          [
            da === undefined ? undefined : this.#add({ kind: 'product', inputs: [da, b], outFeatures }),
            db === undefined ? undefined : this.#add({ kind: 'product', inputs: [a, db], outFeatures }),
          ],
          outFeatures,
        );
      }
      case 'sum': {
        const parts = moved.flatMap((register, index) =>
          register === undefined ? [] : [{ register, coefficient: operation.coefficients[index] as number }],
        );
        if (isConstant) return undefined;
        return this.#add({
          kind: 'sum',
          inputs: parts.map(({ register }) => register),
          outFeatures,
          coefficients: parts.map(({ coefficient }) => coefficient),
        });
      }
      case 'concat':
        if (isConstant) return undefined;
        return this.#add({
          kind: 'concat',
          inputs: moved.map(
            (register, index) => register ?? this.#zeros(this.#widthOf(operation.inputs[index] as Register)),
          ),
          outFeatures,
        });
      case 'columns':
        return isConstant ? undefined : this.#add({ ...operation, inputs: [moved[0] as Register] });
      case 'constant': {
        const direction = this.#direction(operation.values);
        return direction && this.#add({ ...operation, values: direction });
      }
      case 'grid':
        return this.#grid(operation);
      case 'custom':
        return this.#custom(operation);
    }
  }

  write(): Program {
    const { operations, output, inFeatures, outFeatures } = this.#program;
    for (const operation of operations) {
      const inputs = operation.inputs.map(register => this.#places[register] as Register);
      this.#places.push(this.#add({ ...operation, inputs } as Operation));
      this.#tangents.push(this.#tangentOf(operation));
    }
    const value = this.#places[output] as Register;
    const tangent = this.#tangents[output] ?? this.#zeros(outFeatures);
    const end = this.#add({ kind: 'concat', inputs: [value, tangent], outFeatures: 2 * outFeatures });
    return { inFeatures, outFeatures: 2 * outFeatures, operations: this.operations, output: end };
  }
}

/** A single feature of a jet. */
const featureOf = ({ value, first, second }: LayerJet, index: number): LayerJet => {
  const pick = <T extends Tensor>(x: T): T =>
    slice(x, [...x.shape.slice(1).map(() => 0), index], [...x.shape.slice(0, -1), 1]) as T;
  return { value: pick(value), ...(first && { first: pick(first) }), ...(second && { second: pick(second) }) };
};

/**
 * The program whose output is that of a given one, followed by its tangent: `2 outFeatures` features.
 *
 * @throws TypeError when an activation has no formula, or a custom operation that depends on parameters has no tangent
 */
export const tangentProgram = (program: Program, directionOf: DirectionOf): Program =>
  new TangentWriter(program, directionOf).write();
