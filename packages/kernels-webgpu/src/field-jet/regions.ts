/** @file Where the parameters of a program lie in the arena, where bindings can begin, and where their gradients are worked out. */
import type { Operation } from '@neural-fields/core/kernels';
import type { Numbers, ParameterNumbers } from '@neural-fields/core/layers';
import type { Binding, SlotRange } from '../device/plan.ts';
import type { FieldProgram } from './field-program.ts';

/** Bindings begin at multiples of 256 bytes. */
const ALIGNMENT = 64;

/** Numbers that are copied between the flat vector of all parameters and a buffer of the arena. */
export interface Stretch {
  /** The place in the vector. */
  readonly vector: number;
  /** The place in the buffer. */
  readonly slot: number;
  readonly length: number;
}

/** Where in a part of the gradient (`reduce.ts`) an operation writes the gradients of its parameters; those of constants are absent. */
export interface OperationGradients {
  /** The bias follows it. */
  readonly weight?: number;
  readonly bias?: number;
  /** The learned parameters of the activation, which follow each other. */
  readonly learned?: number;
  /** Of a constant. */
  readonly values?: number;
  /** Of a grid: in the gradient itself, behind what the parts are of. */
  readonly table?: number;
}

/** Gradients that an operation wrote apart, as the parameter has several: `length` numbers to every `pitch`-th one from `destination` on. */
export interface GradientShare {
  readonly source: number;
  readonly destination: number;
  readonly length: number;
  readonly pitch: number;
}

/** All parameters. */
export interface ParameterRegions {
  /** From the vector to the buffer `parameters`. */
  readonly reads: readonly Stretch[];
  /** Floats of the buffer `parameters`. */
  readonly slotLength: number;
  /** What a shader binds for numbers. */
  bindingOf(numbers: Numbers): Binding;
  /** What it binds for the learned parameters of an operation's activation. */
  learnedOf(operation: Operation): SlotRange | undefined;
  readonly gradients: ReadonlyMap<Operation, OperationGradients>;
  /** Parameters whose gradient is put together from shares: it begins as 0. */
  readonly cleared: readonly { readonly start: number; readonly length: number }[];
  readonly shares: readonly GradientShare[];
  /** Numbers in a part of the gradient. */
  readonly count: number;
  /** Floats of the buffer `gradient`: a part's, and the tables'. */
  readonly gradientLength: number;
  /** From the buffer `gradient` to the vector. */
  readonly writes: readonly Stretch[];
}

const sizeOf = ({ shape }: Numbers): number => shape.reduce((product, length) => product * length, 1);

/** One operation's use of a parameter. */
interface Use {
  readonly operation: Operation;
  readonly role: keyof OperationGradients;
  readonly numbers: ParameterNumbers;
  /** The numbers that it uses: every `pitch`-th one from `start` on. */
  readonly length: number;
  readonly start: number;
  readonly pitch: number;
}

const whole = (operation: Operation, role: Use['role'], numbers: Numbers | undefined): Use[] =>
  numbers?.kind === 'parameter' ? [{ operation, role, numbers, length: sizeOf(numbers), start: 0, pitch: 1 }] : [];

const learnedNumbers = (operation: Operation): ParameterNumbers[] =>
  operation.kind === 'linear' || operation.kind === 'elementwise'
    ? (operation.activation?.parameters ?? []).flatMap(({ value }) => (typeof value === 'number' ? [] : [value]))
    : [];

const usesOf = (operation: Operation): Use[] => {
  const learned = learnedNumbers(operation).flatMap(numbers => whole(operation, 'learned', numbers));
  switch (operation.kind) {
    case 'linear':
      return [...whole(operation, 'weight', operation.weight), ...whole(operation, 'bias', operation.bias), ...learned];
    case 'constant': {
      const { values, column, outFeatures: length } = operation;
      const pitch = column === undefined ? 1 : (values.shape[1] as number);
      return whole(operation, 'values', values).map(use => ({ ...use, length, pitch, start: column ?? 0 }));
    }
    case 'grid':
      return whole(operation, 'table', operation.table);
    default:
      return learned;
  }
};

/** The uses of each parameter, by its place in the layout. */
const byParameter = (uses: readonly Use[]): Map<number, Use[]> => {
  const groups = new Map<number, Use[]>();
  for (const use of uses) groups.set(use.numbers.index, [...(groups.get(use.numbers.index) ?? []), use]);
  return groups;
};

const isTable = ({ role }: Use): boolean => role === 'table';

/** Whether each table is a table only: its gradient is worked out apart from all others. */
export const hasPlainTables = ({ operations }: Pick<FieldProgram, 'operations'>): boolean =>
  [...byParameter(operations.flatMap(usesOf)).values()].every(uses => uses.every(isTable) || !uses.some(isTable));

type GradientRegions = Pick<ParameterRegions, 'gradients' | 'cleared' | 'shares' | 'count' | 'gradientLength' | 'writes'>;

const gradientRegions = (uses: readonly Use[]): GradientRegions => {
  const gradients = new Map<Operation, { -readonly [role in keyof OperationGradients]: OperationGradients[role] }>();
  const places = new Map<Use, number>();
  let next = 0;
  const take = (length: number): number => {
    next += length;
    return next - length;
  };
  const put = (use: Use, place: number): void => {
    places.set(use, place);
    const known = gradients.get(use.operation) ?? {};
    known[use.role] ??= place;
    gradients.set(use.operation, known);
  };
  for (const use of uses.filter(use => !isTable(use))) put(use, take(use.length));
  const cleared: { start: number; length: number }[] = [];
  const shares: GradientShare[] = [];
  const writes: Stretch[] = [];
  const groups = [...byParameter(uses).values()].map(group => group as [Use, ...Use[]]);
  for (const [first, ...others] of groups) {
    if (isTable(first)) continue;
    const { numbers } = first;
    const length = sizeOf(numbers);
    const isAlone = others.length === 0 && first.length === length;
    const start = isAlone ? (places.get(first) as number) : take(length);
    writes.push({ vector: numbers.offset, slot: start, length });
    if (isAlone) continue;
    cleared.push({ start, length });
    for (const use of [first, ...others])
      shares.push({
        source: places.get(use) as number,
        destination: start + use.start,
        length: use.length,
        pitch: use.pitch,
      });
  }
  const count = next;
  for (const [first, ...others] of groups) {
    if (!isTable(first)) continue;
    const slot = take(first.length);
    writes.push({ vector: first.numbers.offset, slot, length: first.length });
    for (const use of [first, ...others]) put(use, slot);
  }
  return { gradients, cleared, shares, count, gradientLength: next, writes };
};

/** The places of all parameters. */
export const parameterRegions = ({ operations }: Pick<FieldProgram, 'operations'>): ParameterRegions => {
  const uses = operations.flatMap(usesOf);
  let slotLength = 0;
  const reads: Stretch[] = [];
  const take = (all: readonly ParameterNumbers[]): Required<SlotRange> => {
    const offset = slotLength;
    let length = 0;
    for (const numbers of all) {
      reads.push({ vector: numbers.offset, slot: offset + length, length: sizeOf(numbers) });
      length += sizeOf(numbers);
    }
    slotLength = Math.ceil((offset + length) / ALIGNMENT) * ALIGNMENT;
    return { slot: 'parameters', offset, length };
  };
  const ranges = new Map<number, SlotRange>();
  const learned = new Map<Operation, SlotRange>();
  for (const { operation, role, numbers } of uses) {
    if (role !== 'learned') ranges.set(numbers.index, ranges.get(numbers.index) ?? take([numbers]));
    else if (!learned.has(operation)) learned.set(operation, take(learnedNumbers(operation)));
  }
  return {
    reads,
    slotLength,
    bindingOf: numbers => (numbers.kind === 'constant' ? { values: numbers.values() } : (ranges.get(numbers.index) as SlotRange)),
    learnedOf: operation => learned.get(operation),
    ...gradientRegions(uses),
  };
};
