/**
 * @file Partitions the operations of a network into those that a backend's kernels run and those that run in tfjs ops.
 */
import { consumerCounts, type KernelProgram } from '../backend/kernel-program.ts';
import type { JetShape } from '../jets/request.ts';
import type { LinearOperation, Operation, Program, Register } from '../ops/operation.ts';

/** A network in two parts. */
export interface Partition {
  /** The operations that run in tfjs ops before the kernel, in order. */
  readonly composed: readonly number[];
  /** Absent where all operations are composed. */
  readonly kernel?: {
    readonly program: KernelProgram;
    /** Which registers of the network are the program's inputs. */
    readonly inputs: readonly Register[];
  };
}

/** The operations on which the output depends. */
const liveOperations = ({ operations, output }: Program): Set<number> => {
  const live = new Set<number>();
  const visit = [output];
  for (let register = visit.pop(); register !== undefined; register = visit.pop()) {
    const index = register - 1;
    if (index < 0 || live.has(index)) continue;
    live.add(index);
    visit.push(...(operations[index] as Operation).inputs);
  }
  return live;
};

/** Fuses an activation into the product before it, where nothing else reads the product. */
const mergeActivations = (program: KernelProgram): KernelProgram => {
  const first = program.inputs.length;
  const counts = consumerCounts(program);
  const { operations } = program;
  const merged: Operation[] = [];
  /** From registers of the program to those of the merged one. */
  const places = program.inputs.map((_, register) => register);
  for (const [index, operation] of operations.entries()) {
    const [input = -1] = operation.inputs;
    const before = operations[input - first];
    if (operation.kind === 'elementwise' && before?.kind === 'linear' && counts[input] === 1) {
      const place = places[input] as number;
      merged[place - first] = { ...(merged[place - first] as LinearOperation), activation: operation.activation };
      places[first + index] = place;
      continue;
    }
    const inputs = operation.inputs.map(register => places[register] as number);
    places[first + index] = first + merged.push({ ...operation, inputs } as Operation) - 1;
  }
  return { ...program, operations: merged };
};

/**
 * Assigns to the backend as much of the end of a network as it supports. Unsupported operations, and everything that
 * they depend on, stay in tfjs ops.
 *
 * @param parameterCount P
 */
export const partition = (
  program: Program,
  {
    shape,
    parameterCount,
    supports,
  }: {
    readonly shape: JetShape;
    readonly parameterCount: number;
    supports(operation: Operation): boolean;
  },
): Partition => {
  const live = liveOperations(program);
  const { operations, output, inFeatures, outFeatures } = program;
  const composed = new Set<number>();
  for (const index of [...live].sort((a, b) => b - a)) {
    const operation = operations[index] as Operation;
    if (!composed.has(index) && supports(operation)) continue;
    composed.add(index);
    for (const register of operation.inputs) if (register > 0) composed.add(register - 1);
  }
  const inOrder = (indices: Iterable<number>): number[] => [...indices].sort((a, b) => a - b);
  const fused = inOrder([...live].filter(index => !composed.has(index)));
  if (fused.length === 0) return { composed: inOrder(composed) };
  const written = new Set(fused.map(index => index + 1));
  const read = fused.flatMap(index => (operations[index] as Operation).inputs);
  const inputs = inOrder(new Set(read.filter(register => !written.has(register))));
  const places = new Map([...inputs, ...fused.map(index => index + 1)].map((register, place) => [register, place]));
  const widthOf = (register: Register): number =>
    register === 0 ? inFeatures : (operations[register - 1] as Operation).outFeatures;
  // The output is the last live register: operations recorded after it are dead.
  if (fused.at(-1) !== output - 1) throw new Error('partition: the output must be the last live operation');
  const kernel: KernelProgram = {
    shape,
    inputs: inputs.map(register => ({ features: widthOf(register), kind: register === 0 ? 'coords' : 'jet' })),
    operations: fused.map(index => {
      const operation = operations[index] as Operation;
      return { ...operation, inputs: operation.inputs.map(register => places.get(register) as number) } as Operation;
    }),
    outFeatures,
    parameterCount,
  };
  return { composed: inOrder(composed), kernel: { program: mergeActivations(kernel), inputs } };
};
