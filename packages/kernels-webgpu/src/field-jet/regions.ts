/**
 * @file The layout of a program's parameters in the arena, where bindings must be aligned, and of their gradients.
 */
import type { Operation } from '@neural-fields/core/kernels';
import type { OperandArray, ParameterArray } from '@neural-fields/core/layers';
import type { Binding, SlotRange } from '../device/plan.ts';
import { type FieldProgram, isOwn } from './field-program.ts';

/** Alignment of bindings in floats: 256 bytes. */
export const ALIGNMENT = 64;

/** A range that is copied between the flat vector of all parameters and a buffer of the arena. */
export interface CopyRange {
  /** Offset in the vector, for the first field. */
  readonly vector: number;
  /** Offset in the buffer. */
  readonly slot: number;
  /** Length for one field. */
  readonly length: number;
  /**
   * For per-field parameters: distance between neighbouring fields in the vector. In the buffer they are contiguous.
   */
  readonly stride?: number;
}

/** Where a gradient is accumulated. */
export interface GradientLocation {
  /** Whether each field has its own gradient; they are contiguous. */
  readonly own: boolean;
  /**
   * Offset in a part of the gradient (`reduce.ts`); for tables, in the gradient itself, after the range of the parts.
   */
  readonly offset: number;
}

/** Where an operation writes the gradients of its parameters; constants have none. */
export interface OperationGradients {
  /** The bias's gradient follows it if all fields share both. */
  readonly weight?: GradientLocation;
  readonly bias?: GradientLocation;
  /** The learned parameters of the activation, in order. */
  readonly learned?: readonly GradientLocation[];
  /** The values of a constant operation. */
  readonly values?: GradientLocation;
  readonly table?: GradientLocation;
}

/**
 * One operation's share of the gradient of a parameter that several operations use, written separately: `length` floats
 * that are added to every `pitch`-th element from `destination` on.
 */
export interface GradientShare {
  readonly source: number;
  readonly destination: number;
  readonly length: number;
  readonly pitch: number;
}

/** The gradients of the shared parameters, or of the per-field parameters. */
export interface GradientGroup {
  /** The buffers of the parts, and of their sum. */
  readonly slots: { readonly parts: string; readonly gradient: string };
  /** Gradients that are summed from shares, and therefore cleared first. */
  readonly cleared: readonly { readonly start: number; readonly length: number }[];
  readonly shares: readonly GradientShare[];
  /** Floats of a part of the gradient. */
  readonly count: number;
  /** Floats of the gradient's buffer: those of a part, and those of the tables. */
  readonly length: number;
  /** Copies from that buffer to the vector. */
  readonly writes: readonly CopyRange[];
}

/** The layout of all parameters, for a number of fields. */
export interface ParameterRegions {
  readonly fields: number;
  /** Copies from the vector to the buffer `parameters`. */
  readonly reads: readonly CopyRange[];
  /** Floats of the buffer `parameters`. */
  readonly slotLength: number;
  /** The binding of an array. */
  bindingOf(numbers: OperandArray): Binding;
  /** The binding of the learned parameters of an operation's activation. */
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
  /** The elements that it uses: every `pitch`-th one from `start` on. */
  readonly length: number;
  readonly start: number;
  readonly pitch: number;
  /** Index among the learned parameters of the operation's activation. */
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

/** The uses of each parameter, by its index in the parameter layout. */
const byParameter = (uses: readonly Use[]): Map<number, Use[]> => {
  const groups = new Map<number, Use[]>();
  for (const use of uses) groups.set(use.numbers.index, [...(groups.get(use.numbers.index) ?? []), use]);
  return groups;
};

const isTable = ({ role }: Use): boolean => role === 'table';

/** Whether each table is used only as a table; gradients of tables are computed separately from all others. */
export const hasPlainTables = ({ operations }: Pick<FieldProgram, 'operations'>): boolean =>
  [...byParameter(operations.flatMap(usesOf)).values()].every(uses => uses.every(isTable) || !uses.some(isTable));

type Gradients = Map<Operation, { -readonly [role in keyof OperationGradients]: OperationGradients[role] }>;

/** @param uses uses of shared parameters only, or of per-field parameters only */
const gradientGroup = (
  uses: readonly Use[],
  { own, fields, gradients }: { readonly own: boolean; readonly fields: number; readonly gradients: Gradients },
): GradientGroup => {
  const repeats = own ? fields : 1;
  const offsets = new Map<Use, number>();
  let next = 0;
  const take = (length: number): number => {
    next += repeats * length;
    return next - repeats * length;
  };
  const put = (use: Use, offset: number): void => {
    offsets.set(use, offset);
    const known = gradients.get(use.operation) ?? {};
    const location = { own, offset };
    if (use.role === 'learned') {
      const learned = [...(known.learned ?? [])];
      learned[use.which ?? 0] = location;
      known.learned = learned;
    } else known[use.role] = location;
    gradients.set(use.operation, known);
  };
  for (const use of uses.filter(use => !isTable(use))) put(use, take(use.length));
  const cleared: { start: number; length: number }[] = [];
  const shares: GradientShare[] = [];
  const writes: CopyRange[] = [];
  const write = ({ offset, fieldStride: stride }: ParameterArray, slot: number, length: number): void => {
    writes.push({ vector: offset, slot, length, ...(own && stride && { stride }) });
  };
  const groups = [...byParameter(uses).values()].map(group => group as [Use, ...Use[]]);
  for (const [first, ...others] of groups) {
    if (isTable(first)) continue;
    const length = sizeOf(first.numbers);
    const isAlone = others.length === 0 && first.length === length;
    const start = isAlone ? (offsets.get(first) as number) : take(length);
    write(first.numbers, start, length);
    if (isAlone) continue;
    cleared.push({ start, length: repeats * length });
    // Uses with a pitch continue through all fields.
    for (const use of [first, ...others])
      shares.push({
        source: offsets.get(use) as number,
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

/** Lays out the parameters for a number of fields; one if absent. */
export const parameterRegions = ({ operations }: Pick<FieldProgram, 'operations'>, fields = 1): ParameterRegions => {
  const uses = operations.flatMap(usesOf);
  let slotLength = 0;
  const reads: CopyRange[] = [];
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
