/** @file Plans a forward pass: one dispatch for each input, and those of each operation. */
import { linearGroups, type Step } from '../device/plan.ts';
import { single } from '../wgsl/jet-format.ts';
import { PACK_THREADS, packInput, unpackRows } from '../wgsl/pack.ts';
import { inputSlot } from './copies.ts';
import { type FieldProgram, lastRegister, outFeaturesOf, padded } from './field-program.ts';
import { forwardSteps } from './ops/index.ts';
import type { PassOptions } from './ops/operation-kernels.ts';
import type { ParameterRegions } from './regions.ts';

/** A list of steps, with the buffers that they need. */
export interface Part {
  readonly slots: Readonly<Record<string, number>>;
  readonly steps: readonly Step[];
}

/** Collects buffer sizes by name; each is the maximum of the requested sizes. */
export const newSlots = (): { readonly slots: Record<string, number>; reserve(slot: string, floats: number): void } => {
  const slots: Record<string, number> = {};
  return {
    slots,
    reserve: (slot, floats) => {
      slots[slot] = Math.max(slots[slot] ?? 0, floats);
    },
  };
};

/** The first of `<prefix>0`, `<prefix>1`, ... that is not taken. */
export const firstFree = (prefix: string, taken: ReadonlySet<string>): string => {
  let index = 0;
  while (taken.has(`${prefix}${index}`)) index += 1;
  return `${prefix}${index}`;
};

/** The buffer of each register's jets: separate buffers if a backward pass follows, else as few as possible. */
export const registerSlots = ({ inputs, operations, consumers }: FieldProgram, keeps: boolean): string[] => {
  const slots = inputs.map((_, input) => inputSlot('rows', input));
  if (keeps) return [...slots, ...operations.map((_, index) => `h${index}`)];
  const left = [...consumers];
  const taken = new Set<string>();
  for (const operation of operations) {
    const slot = firstFree('h', taken);
    taken.add(slot);
    slots.push(slot);
    for (const register of operation.inputs) {
      left[register] = (left[register] as number) - 1;
      if (left[register] === 0) taken.delete(slots[register] as string);
    }
  }
  return slots;
};

/** Converts an input of the program, coordinates or jets without padding, to padded rows. */
const packStep = (
  { inputs, blocks, jet, fields: isForMany }: FieldProgram,
  input: number,
  { points, fields, sharesCoords = false }: PassOptions,
): Step => {
  const { features, kind } = inputs[input] as FieldProgram['inputs'][number];
  const repeats = isForMany !== undefined;
  const { groups, columns } = linearGroups((blocks * points * padded(features)) / 4, PACK_THREADS);
  return {
    shader: packInput({ features, blocks, first: jet.first, encoded: kind === 'jet', repeats }),
    sizes: { points, columns, sourcePoints: sharesCoords ? points / fields : points },
    bindings: { source: { slot: inputSlot('input', input) }, rows: { slot: inputSlot('rows', input) } },
    groups,
  };
};

/**
 * Plans the pass from the buffers `input`, `input1`, ... to the jets of the last register. The buffer `parameters` must
 * hold the parameters.
 */
export const forwardPart = (program: FieldProgram, regions: ParameterRegions, options: PassOptions): Part => {
  const { inputs, operations, widths, blocks } = program;
  const { points, keeps, format } = options;
  const { slots, reserve } = newSlots();
  const names = registerSlots(program, keeps);
  reserve('parameters', regions.slotLength);
  for (const [input, { features, kind }] of inputs.entries())
    reserve(inputSlot('input', input), (kind === 'coords' ? 1 : blocks) * points * features);
  for (const [register, width] of widths.entries()) {
    const numbers = blocks * points * padded(width);
    // Float16 takes half the floats.
    reserve(names[register] as string, (format.registers[register] ?? single).half ? numbers / 2 : numbers);
  }
  const slotOf = (register: number): string => names[register] as string;
  const steps = [
    ...inputs.map((_, input) => packStep(program, input, options)),
    ...operations.flatMap((operation, index) =>
      forwardSteps(operation, { ...options, program, regions, register: inputs.length + index, slotOf, reserve }),
    ),
  ];
  return { slots, steps };
};

/** Plans the copy of the last register's jets to the buffer `outputs`, `[blocks][points][out]` without padding. */
export const outputPart = (program: FieldProgram, { points, keeps }: Pick<PassOptions, 'points' | 'keeps'>): Part => {
  const rows = program.blocks * points;
  const features = outFeaturesOf(program);
  const { groups, columns } = linearGroups((rows * padded(features)) / 4, PACK_THREADS);
  const step: Step = {
    shader: unpackRows(features),
    sizes: { rows, columns },
    bindings: {
      rows: { slot: registerSlots(program, keeps)[lastRegister(program)] as string },
      result: { slot: 'outputs' },
    },
    groups,
  };
  return { slots: { outputs: rows * features }, steps: [step] };
};
