/**
 * @file What a backend compiles: the part of a network that it has kernels for, as operations over blocks of points.
 *   Core partitions the network once for each kind of request, and caches the compiled program.
 */
import type { JetShape } from '../jets/request.ts';
import type { Operation } from '../ops/operation.ts';

/** One input of a {@link KernelProgram}. */
export interface KernelInput {
  readonly features: number;
  /**
   * `coords`: the coordinates themselves, `f32[n, d]`, whose first derivatives are 1 along their own axis, and whose
   * second are 0. `jet`: value `f32[n, features]`, first `f32[d, n, features]` and second `f32[m, n, features]`, up to
   * the order.
   */
  readonly kind: 'coords' | 'jet';
}

/**
 * Operations in static single assignment: registers 0 ... inputs - 1 hold the inputs, operation i writes register
 * inputs + i. The last one is the output.
 */
export interface KernelProgram {
  readonly shape: JetShape;
  readonly inputs: readonly KernelInput[];
  /** Never `custom`; each is supported by the backend. */
  readonly operations: readonly Operation[];
  readonly outFeatures: number;
  /** P, the length of the flat vector of all parameters of the network; the program may use only some of them. */
  readonly parameterCount: number;
  /**
   * b, where the program runs for many fields at once, whose parameters are `fieldStride` apart. Absent for one field.
   * Such a program has the coordinates as its one input, `f32[b, n, d]`, or `f32[n, d]` where all fields have the same
   * points. Its outputs, and their derivatives, have b n rows: field f has the rows f n ... (f + 1) n - 1.
   */
  readonly fields?: number;
}

/** The number of features of each register. */
export const registerWidths = ({ inputs, operations }: Pick<KernelProgram, 'inputs' | 'operations'>): number[] => [
  ...inputs.map(({ features }) => features),
  ...operations.map(({ outFeatures }) => outFeatures),
];

/** How many operations read each register; the program's output counts as one. */
export const consumerCounts = ({ inputs, operations }: Pick<KernelProgram, 'inputs' | 'operations'>): number[] => {
  const counts = new Array<number>(inputs.length + operations.length).fill(0);
  for (const operation of operations)
    for (const register of operation.inputs) counts[register] = (counts[register] as number) + 1;
  counts[counts.length - 1] = (counts.at(-1) as number) + 1;
  return counts;
};

/** Blocks of a jet: the value, the first derivatives, the second-order forms. */
export const blockCount = ({ inFeatures, order, forms }: JetShape): number =>
  1 + (order >= 1 ? inFeatures : 0) + (forms?.weights.length ?? 0);

/** The tensors of a jet of `features` at n points, up to the order. */
export const jetTensorShapes = ({ inFeatures, order, forms }: JetShape, n: number, features: number): number[][] => [
  [n, features],
  ...(order >= 1 ? [[inFeatures, n, features]] : []),
  ...(forms ? [[forms.weights.length, n, features]] : []),
];

/**
 * The shapes of all input tensors at n points, in order; those of a program for many fields are as its {@link
 * KernelProgram.fields} says.
 */
export const inputTensorShapes = ({ inputs, shape }: Pick<KernelProgram, 'inputs' | 'shape'>, n: number): number[][] =>
  inputs.flatMap(({ kind, features }) => (kind === 'coords' ? [[n, features]] : jetTensorShapes(shape, n, features)));
