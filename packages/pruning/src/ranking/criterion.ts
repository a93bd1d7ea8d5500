/** @file What a criterion is: a score for each unit, the lower the less the unit matters. */
import type { Field } from '@neural-fields/core';
import type { LinearOperation } from '@neural-fields/core/kernels';
import type { OperandArray } from '@neural-fields/core/layers';
import type { Structure, Unit } from '../structure.ts';

/** A field to rank the units of. */
export interface Ranked {
  readonly structure: Structure;
  /** Its parameters `f32[P]`. */
  readonly flat: Float32Array;
  /** The same as a field, which nothing else uses; made when it is asked for, and disposed of afterwards. */
  field(): Field;
  /** Stops a long ranking. */
  readonly signal?: AbortSignal | undefined;
}

/** A score for each unit of a field. */
export interface Criterion {
  readonly name: string;
  /** Its settings, which must be equal for a run to resume. */
  describe(): string;
  /** The scores of all units; a unit without a score counts as 0. */
  scores(of: Ranked): ReadonlyMap<Unit, number> | Promise<ReadonlyMap<Unit, number>>;
}

/** Adds to the scores of units. */
export class Scores {
  readonly values: Map<Unit, number> = new Map();

  add(unit: Unit | undefined, amount: number): void {
    if (unit !== undefined) this.values.set(unit, (this.values.get(unit) ?? 0) + amount);
  }
}

/** The values of an array. */
export const valuesOf = ({ structure, flat }: Ranked, array: OperandArray): Float32Array => {
  if (array.kind === 'constant') return array.values();
  const { offset, size } = structure.network.layout.entries[array.index] as { offset: number; size: number };
  return flat.subarray(offset, offset + size);
};

/** A matrix product with its values and the units on both sides. */
export interface Product {
  readonly operation: LinearOperation;
  /** Row-major `[inputs, outputs]`. */
  readonly weight: Float32Array;
  readonly inputs: readonly Unit[];
  readonly outputs: readonly Unit[];
}

/** The matrix products of a network, in order. */
export const productsOf = (ranked: Ranked): readonly Product[] => {
  const { network, registers } = ranked.structure;
  return network.program.operations.flatMap((operation, index) =>
    operation.kind === 'linear'
      ? [
          {
            operation,
            weight: valuesOf(ranked, operation.weight),
            inputs: registers[operation.inputs[0]] ?? [],
            outputs: registers[index + 1] ?? [],
          },
        ]
      : [],
  );
};

/** sum_o |W_jo| of each row j of a product. */
export const rowNorms = ({ weight, inputs, outputs }: Product): Float64Array => {
  const norms = new Float64Array(inputs.length);
  for (const [i, value] of weight.entries()) norms[Math.floor(i / outputs.length)]! += Math.abs(value);
  return norms;
};
