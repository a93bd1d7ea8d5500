/**
 * @file Plans a backward pass: from the last operation to the first, each computes the gradients of its inputs and
 *   parameters from that of its result. The gradient of a register that several operations read is the sum of their
 *   contributions.
 */
import type { Operation } from '@neural-fields/core/kernels';
import { linearGroups, type Step } from '../device/plan.ts';
import { isOwnActivation } from '../wgsl/activations.ts';
import { backwardElementwise, backwardInPlace } from '../wgsl/ops/elementwise.ts';
import { PACK_THREADS, unpackRows } from '../wgsl/pack.ts';
import { addParts, clearParts, learnedGradient, REDUCE_THREADS, sumParts } from '../wgsl/reduce.ts';
import { inputSlot } from './copies.ts';
import { type FieldProgram, isCoords, lastRegister, padded, writerOf } from './field-program.ts';
import { firstFree, newSlots, type Part, registerSlots } from './forward-plan.ts';
import { activationBefore, type LastStep } from './last-step.ts';
import { overElements, overPoints, workgroupsOf } from './ops/groups.ts';
import { backwardSteps } from './ops/index.ts';
import type {
  ActivationBefore,
  GradientTarget,
  PartsOfGradient,
  PassOptions,
  ProductTarget,
} from './ops/operation-kernels.ts';
import type { GradientGroup, GradientLocation, ParameterRegions } from './regions.ts';

/** Rows that a workgroup sums before the sums of all workgroups are added: short sums have smaller rounding errors. */
const ROWS_PER_PART = 256;
/** A layer of width 64 is a single tile, so the number of parts is its number of workgroups. */
const MAX_PARTS = 256;
/** The limit of a dispatch along its third dimension, which counts the parts of all fields. */
const MAX_GROUPS = 65_535;
/** Maximum size of all parts of the gradient. */
const MAX_PARTS_FLOATS = 2 ** 24;

/** Divides a batch's rows, or those of each of its fields, into parts. */
const shareRows = (rows: number, { count, slots }: GradientGroup, fields = 1): PartsOfGradient => {
  const most = Math.max(1, Math.min(MAX_PARTS, Math.floor(MAX_PARTS_FLOATS / count), Math.floor(MAX_GROUPS / fields)));
  const rowsPerPart = Math.ceil(rows / Math.min(most, Math.ceil(rows / ROWS_PER_PART)));
  return { slots, stride: count, parts: Math.ceil(rows / rowsPerPart), rowsPerPart };
};

/** By register: whether its gradient is needed. */
const registersWithGradient = (
  { inputs, operations }: FieldProgram,
  { gradients }: ParameterRegions,
  reachesInput: boolean,
): readonly boolean[] => {
  const needsGradient = inputs.map(() => reachesInput);
  for (const operation of operations)
    needsGradient.push(gradients.has(operation) || operation.inputs.some(register => needsGradient[register]));
  return needsGradient;
};

/**
 * Assigns gradient buffers to registers: a register takes one at its first contribution, and releases it when its
 * operation is finished.
 */
const gradientBuffers = (
  { blocks, widths }: FieldProgram,
  points: number,
  reserve: (slot: string, floats: number) => void,
) => {
  const slots = new Map<number, string>();
  return {
    slotOf: (register: number): string | undefined => slots.get(register),
    into(register: number): GradientTarget {
      const known = slots.get(register);
      if (known !== undefined) return { slot: known, accumulates: true };
      const slot = firstFree('g', new Set(slots.values()));
      slots.set(register, slot);
      reserve(slot, blocks * points * padded(widths[register] as number));
      return { slot, accumulates: false };
    },
    release: (register: number): void => {
      slots.delete(register);
    },
  };
};

/** Sums the parts to the gradient of all parameters of a group, without tables. */
const gatherSteps = (
  { count, cleared, shares, slots }: GradientGroup,
  { parts, continues }: { readonly parts: number; readonly continues: boolean },
): Step[] => {
  if (count === 0) return [];
  const bindings = { parts: { slot: slots.parts } };
  const inParts = (length: number): Pick<Step, 'sizes' | 'groups'> => {
    const { sizes, groups } = overElements(length * parts, REDUCE_THREADS);
    return { sizes: { ...sizes, count: length, parts, stride: count }, groups };
  };
  const { sizes, groups } = overElements(count, REDUCE_THREADS);
  return [
    ...cleared.map(({ start, length }): Step => {
      const dispatch = inParts(length);
      return { shader: clearParts, ...dispatch, sizes: { ...dispatch.sizes, destination: start }, bindings };
    }),
    ...shares.map(({ source, destination, length, pitch }): Step => {
      const dispatch = inParts(length);
      return { shader: addParts, ...dispatch, sizes: { ...dispatch.sizes, source, destination, pitch }, bindings };
    }),
    {
      shader: sumParts,
      sizes: { ...sizes, parts, continues: Number(continues) },
      bindings: { ...bindings, total: { slot: slots.gradient } },
      groups,
    },
  ];
};

/**
 * Whether gradients are added to those of earlier batches: for shared parameters, and for per-field parameters.
 */
export interface Continues {
  readonly shared: boolean;
  readonly own: boolean;
}

/**
 * From what comes out back: the buffers `gradient` and `ownGradient` get the derivatives with respect to all
 * parameters, added to what is there where they continue. With `reachesInput` the buffers `inputGradient`,
 * `inputGradient1`, ... get those with respect to the inputs, without padding.
 */
export const backwardPart = (
  program: FieldProgram,
  regions: ParameterRegions,
  {
    points,
    fields,
    style,
    format,
    continues,
    reachesInput,
    last,
  }: Omit<PassOptions, 'keeps'> & {
    readonly continues: Continues;
    readonly reachesInput: boolean;
    readonly last: LastStep;
  },
): Part => {
  const { inputs, operations, widths, consumers, jet, blocks } = program;
  const shared = shareRows(blocks * points, regions.shared);
  const own = shareRows((blocks * points) / fields, regions.own, fields);
  const groupOf = (location: GradientLocation): PartsOfGradient => (location.own ? own : shared);
  const needsGradient = registersWithGradient(program, regions, reachesInput);
  const names = registerSlots(program, true);
  const { slots, reserve } = newSlots();
  const buffers = gradientBuffers(program, points, reserve);
  const steps: Step[] = [];
  const written = new Set<string>();
  for (const [slot, floats] of Object.entries(last.slots)) reserve(slot, floats);
  for (const [{ slots: group, count, length }, { parts }] of [
    [regions.shared, shared],
    [regions.own, own],
  ] as const)
    if (length > 0) {
      reserve(group.parts, parts * count);
      reserve(group.gradient, length);
    }

  /**
   * Sums the gradients of an activation's learned parameters over the partial sums of `workgroups` workgroups.
   */
  const learnedSteps = (operation: Operation | undefined, workgroups: number): Step[] => {
    const locations = (operation && regions.gradients.get(operation)?.learned) ?? [];
    reserve('learnedSums', workgroups * locations.length);
    return locations.map((location, which) => {
      const { slots: group, parts, stride } = groupOf(location);
      const count = location.own ? workgroups / fields : workgroups;
      return {
        shader: learnedGradient(locations.length),
        sizes: { count, parts, stride, offset: location.offset, which },
        bindings: { sums: { slot: 'learnedSums' }, parts: { slot: group.parts } },
        groups: [location.own ? fields : 1, 1, 1],
      };
    });
  };

  /**
   * The buffer for the gradient before the activation that produced a register: the register's own after a matrix
   * product, else that of the activation's input.
   */
  const pastActivation = (register: number): GradientTarget => {
    const operation = writerOf(program, register);
    if (operation?.kind !== 'elementwise') return buffers.into(register);
    const [before] = operation.inputs;
    const target = buffers.into(before);
    // Only its learned parameters need the gradient.
    if (!needsGradient[before]) buffers.release(before);
    return target;
  };

  /** Whether the only reader of a register is a matrix product, which then also runs the activation's backward pass. */
  const fusesActivation = (register: number): boolean =>
    consumers[register] === 1 && operations.some(({ kind, inputs: read }) => kind === 'linear' && read[0] === register);

  const before = (register: number): ActivationBefore | undefined =>
    activationBefore(program, regions, register, format.format);

  const productInto = (register: number): ProductTarget | undefined => {
    if (!needsGradient[register]) return undefined;
    const past = fusesActivation(register) ? before(register) : undefined;
    if (past === undefined) return { ...buffers.into(register), learnedSteps: () => [] };
    return {
      ...pastActivation(register),
      before: past,
      learnedSteps: workgroups => learnedSteps(writerOf(program, register), workgroups),
    };
  };

  /** The backward pass of an activation that no matrix product runs. */
  const activationSteps = (register: number, upstream: string): Step[] => {
    const past = before(register);
    if (past === undefined) return [];
    const features = widths[register] as number;
    const operation = writerOf(program, register);
    const isAlone = operation?.kind === 'elementwise';
    const { slot, accumulates } = isAlone ? pastActivation(register) : { slot: upstream, accumulates: false };
    const perField = isOwnActivation(past.activation);
    const dispatch = overPoints({ points, fields, perField }, padded(features) / 4);
    return [
      {
        shader: isAlone
          ? backwardElementwise(past.activation, features, jet, accumulates)
          : backwardInPlace(past.activation, features, jet, past.format),
        ...dispatch,
        bindings: { ...past.bindings, ...(isAlone && { upstream: { slot: upstream } }), result: { slot } },
      },
      ...learnedSteps(operation, workgroupsOf(dispatch)),
    ];
  };

  // The output takes the first buffer.
  pastActivation(lastRegister(program));
  steps.push(last.step, ...learnedSteps(operations.at(-1), workgroupsOf(last.step)));
  for (let index = operations.length - 1; index >= 0; index--) {
    const operation = operations[index] as Operation;
    const register = inputs.length + index;
    const upstream = buffers.slotOf(register);
    if (upstream !== undefined && needsGradient[register]) {
      if (register !== lastRegister(program) && !fusesActivation(register))
        steps.push(...activationSteps(register, upstream));
      steps.push(
        ...backwardSteps(operation, {
          program,
          regions,
          points,
          fields,
          style,
          format,
          register,
          upstream,
          groupOf,
          slotOf: at => names[at] as string,
          reserve,
          into: at => (needsGradient[at] ? buffers.into(at) : undefined),
          productInto,
          accumulatesIn(location) {
            const name = `${location.own} ${location.offset}`;
            const isWritten = written.has(name);
            written.add(name);
            return isWritten || (location.own ? continues.own : continues.shared);
          },
        }),
      );
    }
    buffers.release(register);
  }
  if (reachesInput)
    for (const [input, { features }] of inputs.entries()) {
      // The gradient of coordinates has only the value block.
      const inputRows = (isCoords(program, input) ? 1 : blocks) * points;
      const { groups, columns } = linearGroups((inputRows * padded(features)) / 4, PACK_THREADS);
      const result = inputSlot('inputGradient', input);
      reserve(result, inputRows * features);
      steps.push({
        shader: unpackRows(features),
        sizes: { rows: inputRows, columns },
        bindings: { rows: { slot: buffers.into(input).slot }, result: { slot: result } },
        groups,
      });
    }
  steps.push(
    ...gatherSteps(regions.shared, { parts: shared.parts, continues: continues.shared }),
    ...gatherSteps(regions.own, { parts: own.parts, continues: continues.own }),
  );
  return { slots, steps };
};
