/**
 * @file Where the parameters of a program lie in the arena, where bindings can begin, and where their gradients are
 * worked out.
 */
import type { Operation } from '@neural-fields/core/kernels';
import type { OperandArray, ParameterArray } from '@neural-fields/core/layers';
import type { Binding, SlotRange } from '../device/plan.ts';
import { type FieldProgram, isOwn } from './field-program.ts';

/** Bindings begin at multiples of 256 bytes. In floats: */
export const ALIGNMENT = 64;

/** Numbers that are copied between the flat vector of all parameters and a buffer of the arena. */
export interface Stretch {
  /** The place in the vector, of the first field's. */
  readonly vector: number;
  /** The place in the buffer. */
  readonly slot: number;
  /** Of one field. */
  readonly length: number;
  /**
   * Of parameters that each field has of its own: from one field to the next in the vector. In the buffer they follow
   * each other.
   */
  readonly stride?: number;
}

/** Where a gradient is worked out. */
export interface GradientPlace {
  /** Whether each field has its own; they follow each other. */
  readonly own: boolean;
  /** In a part of the gradient (`reduce.ts`); of tables in the gradient itself, behind what the parts are of. */
  readonly offset: number;
}

/** Where an operation writes the gradients of its parameters; those of constants are absent. */
export interface OperationGradients {
  /** The bias follows it where all fields share both. */
  readonly weight?: GradientPlace;
  readonly bias?: GradientPlace;
  /** The learned parameters of the activation, in order. */
  readonly learned?: readonly GradientPlace[];
  /** Of a constant. */
  readonly values?: GradientPlace;
  readonly table?: GradientPlace;
}

/**
 * Gradients that an operation wrote apart, as the parameter has several: `length` numbers to every `pitch`-th one from
 * `destination` on.
 */
export interface GradientShare {
  readonly source: number;
  readonly destination: number;
  readonly length: number;
  readonly pitch: number;
}

/** The gradients of the parameters that all fields share, or of those that each has of its own. */
export interface GradientGroup {
  /** The buffers of the parts, and of their sum. */
  readonly slots: { readonly parts: string; readonly gradient: string };
  /** Parameters whose gradient is put together from shares: it begins as 0. */
  readonly cleared: readonly { readonly start: number; readonly length: number }[];
  readonly shares: readonly GradientShare[];
  /** Numbers in a part of the gradient. */
  readonly count: number;
  /** Floats of the buffer of the gradient: a part's, and the tables'. */
  readonly length: number;
  /** From that buffer to the vector. */
  readonly writes: readonly Stretch[];
}

/** All parameters, of so many fields. */
export interface ParameterRegions {
  readonly fields: number;
  /** From the vector to the buffer `parameters`. */
  readonly reads: readonly Stretch[];
  /** Floats of the buffer `parameters`. */
  readonly slotLength: number;
  /** What a shader binds for numbers. */
  bindingOf(numbers: OperandArray): Binding;
  /** What it binds for the learned parameters of an operation's activation. */
  learnedOf(operation: Operation): SlotRange | undefined;
  readonly gradients: ReadonlyMap<Operation, OperationGradients>;
  readonly shared: GradientGroup;
  readonly own: GradientGroup;
}

const sizeOf = ({ shape }: OperandArray): number => shape.reduce((product, length) => product * length, 1);

/** One operation's use of a parameter. */
interface Use {
  readonly operation: Operation;
  readonly role: keyof OperationGradients;
  readonly numbers: ParameterArray;
  /** The numbers that it uses: every `pitch`-th one from `start` on. */
  readonly length: number;
  readonly start: number;
  readonly pitch: number;
  /** Which of the learned parameters of the operation's activation it is. */
  readonly which?: number;
}

const whole = (operation: Operation, role: Use['role'], numbers: OperandArray | undefined): Use[] =>
  numbers?.kind === 'parameter' ? [{ operation, role, numbers, length: sizeOf(numbers), start: 0, pitch: 1 }] : [];

const learnedNumbers = (operation: Operation): ParameterArray[] =>
  operation.kind === 'linear' || operation.kind === 'elementwise'
    ? (operation.activation?.parameters ?? []).flatMap(({ value }) => (typeof value === 'number' ? [] : [value]))
    : [];

const usesOf = (operation: Operation): Use[] => {
  const learned = learnedNumbers(operation).flatMap((numbers, which) =>
    whole(operation, 'learned', numbers).map(use => ({ ...use, which })),
  );
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

type Gradients = Map<Operation, { -readonly [role in keyof OperationGradients]: OperationGradients[role] }>;

/** @param uses those of parameters that all of so many fields share, or that each has of its own */
const gradientGroup = (
  uses: readonly Use[],
  { own, fields, gradients }: { readonly own: boolean; readonly fields: number; readonly gradients: Gradients },
): GradientGroup => {
  const repeats = own ? fields : 1;
  const places = new Map<Use, number>();
  let next = 0;
  const take = (length: number): number => {
    next += repeats * length;
    return next - repeats * length;
  };
  const put = (use: Use, offset: number): void => {
    places.set(use, offset);
    const known = gradients.get(use.operation) ?? {};
    const place = { own, offset };
    if (use.role === 'learned') {
      const learned = [...(known.learned ?? [])];
      learned[use.which ?? 0] = place;
      known.learned = learned;
    } else known[use.role] = place;
    gradients.set(use.operation, known);
  };
  for (const use of uses.filter(use => !isTable(use))) put(use, take(use.length));
  const cleared: { start: number; length: number }[] = [];
  const shares: GradientShare[] = [];
  const writes: Stretch[] = [];
  const write = ({ offset, fieldStride: stride }: ParameterArray, slot: number, length: number): void => {
    writes.push({ vector: offset, slot, length, ...(own && stride && { stride }) });
  };
  const groups = [...byParameter(uses).values()].map(group => group as [Use, ...Use[]]);
  for (const [first, ...others] of groups) {
    if (isTable(first)) continue;
    const length = sizeOf(first.numbers);
    const isAlone = others.length === 0 && first.length === length;
    const start = isAlone ? (places.get(first) as number) : take(length);
    write(first.numbers, start, length);
    if (isAlone) continue;
    cleared.push({ start, length: repeats * length });
    // What takes every pitch-th number takes them through all fields.
    for (const use of [first, ...others])
      shares.push({
        source: places.get(use) as number,
        destination: start + use.start,
        length: repeats * use.length,
        pitch: use.pitch,
      });
  }
  const count = next;
  for (const [first, ...others] of groups) {
    if (!isTable(first)) continue;
    const slot = take(first.length);
    write(first.numbers, slot, first.length);
    for (const use of [first, ...others]) put(use, slot);
  }
  const slots = own ? { parts: 'ownParts', gradient: 'ownGradient' } : { parts: 'parts', gradient: 'gradient' };
  return { slots, cleared, shares, count, length: next, writes };
};

/** The places of all parameters of so many fields; one if absent. */
export const parameterRegions = ({ operations }: Pick<FieldProgram, 'operations'>, fields = 1): ParameterRegions => {
  const uses = operations.flatMap(usesOf);
  let slotLength = 0;
  const reads: Stretch[] = [];
  const take = (all: readonly ParameterArray[]): Required<SlotRange> => {
    const offset = slotLength;
    let length = 0;
    for (const numbers of all) {
      const { offset: vector, fieldStride: stride } = numbers;
      const size = sizeOf(numbers);
      reads.push({ vector, slot: offset + length, length: size, ...(isOwn(numbers) && stride && { stride }) });
      length += isOwn(numbers) ? fields * size : size;
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
  const gradients: Gradients = new Map();
  const groupOf = (own: boolean): GradientGroup =>
    gradientGroup(
      uses.filter(({ numbers }) => isOwn(numbers) === own),
      { own, fields, gradients },
    );
  return {
    fields,
    reads,
    slotLength,
    bindingOf: numbers =>
      numbers.kind === 'constant' ? { values: numbers.values() } : (ranges.get(numbers.index) as SlotRange),
    learnedOf: operation => learned.get(operation),
    gradients,
    shared: groupOf(false),
    own: groupOf(true),
  };
};
