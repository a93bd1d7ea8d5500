/**
 * @file The dispatches of a reverse pass: from the last operation to the first, each from the derivatives with respect
 *   to what it wrote to those with respect to its inputs and parameters. A register that several operations read adds
 *   up what they send back.
 */
import type { Operation } from '@neural-fields/core/kernels';
import { linearGroups, type Step } from '../device/plan.ts';
import { isOwnActivation } from '../wgsl/activations.ts';
import { reverseElementwise, reverseInPlace } from '../wgsl/ops/elementwise.ts';
import { PACK_THREADS, unpackRows } from '../wgsl/pack.ts';
import { addParts, clearParts, learnedGradient, REDUCE_THREADS, sumParts } from '../wgsl/reduce.ts';
import { inputSlot } from './copies.ts';
import { type FieldProgram, isCoords, lastRegister, padded, writerOf } from './field-program.ts';
import { firstFree, newSlots, type Part, registerSlots } from './forward-plan.ts';
import { activationBefore, type LastStep } from './last-step.ts';
import { overNumbers, overPoints, workgroupsOf } from './ops/groups.ts';
import { reverseSteps } from './ops/index.ts';
import type {
  ActivationBefore,
  GradientTarget,
  PartsOfGradient,
  PassOptions,
  ProductTarget,
} from './ops/operation-kernels.ts';
import type { GradientGroup, GradientPlace, ParameterRegions } from './regions.ts';

/** Rows that a workgroup adds up, before the sums of all are added: short sums are exact sums. */
const ROWS_PER_PART = 256;
/** A layer 64 wide is one tile, so its parts are all the workgroups that it has. */
const MOST_PARTS = 256;
/** What a dispatch may have along its third dimension: parts, or those of all fields. */
const MOST_GROUPS = 65_535;
/** What the parts of the gradient may take. */
const PARTS_FLOATS = 2 ** 24;

/** How a batch's rows are shared out, or those of each of its fields. */
const shareRows = (rows: number, { count, slots }: GradientGroup, fields = 1): PartsOfGradient => {
  const most = Math.max(1, Math.min(MOST_PARTS, Math.floor(PARTS_FLOATS / count), Math.floor(MOST_GROUPS / fields)));
  const rowsPerPart = Math.ceil(rows / Math.min(most, Math.ceil(rows / ROWS_PER_PART)));
  return { slots, stride: count, parts: Math.ceil(rows / rowsPerPart), rowsPerPart };
};

/** Whether anybody asks for the derivatives with respect to each register. */
const wantedRegisters = (
  { inputs, operations }: FieldProgram,
  { gradients }: ParameterRegions,
  reachesInput: boolean,
): readonly boolean[] => {
  const wanted = inputs.map(() => reachesInput);
  for (const operation of operations)
    wanted.push(gradients.has(operation) || operation.inputs.some(register => wanted[register]));
  return wanted;
};

/**
 * The buffers of derivatives: each register's is taken when the first of them come, and given back when its operation
 * is done.
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
      if (known !== undefined) return { slot: known, adds: true };
      const slot = firstFree('g', new Set(slots.values()));
      slots.set(register, slot);
      reserve(slot, blocks * points * padded(widths[register] as number));
      return { slot, adds: false };
    },
    release: (register: number): void => {
      slots.delete(register);
    },
  };
};

/** From the parts to the gradient of all parameters of a group but tables. */
const gatherSteps = (
  { count, cleared, shares, slots }: GradientGroup,
  { parts, continues }: { readonly parts: number; readonly continues: boolean },
): Step[] => {
  if (count === 0) return [];
  const bindings = { parts: { slot: slots.parts } };
  const inParts = (length: number): Pick<Step, 'sizes' | 'groups'> => {
    const { sizes, groups } = overNumbers(length * parts, REDUCE_THREADS);
    return { sizes: { ...sizes, count: length, parts, stride: count }, groups };
  };
  const { sizes, groups } = overNumbers(count, REDUCE_THREADS);
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
 * Whether gradients are added to those of earlier batches: of parameters that all fields share, and of those that each
 * has of its own.
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
export const reversePart = (
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
  const groupOf = (place: GradientPlace): PartsOfGradient => (place.own ? own : shared);
  const wanted = wantedRegisters(program, regions, reachesInput);
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
   * The derivatives with respect to what an operation's activation has learned, from the sums that so many workgroups
   * left.
   */
  const learnedSteps = (operation: Operation | undefined, workgroups: number): Step[] => {
    const places = (operation && regions.gradients.get(operation)?.learned) ?? [];
    reserve('learnedSums', workgroups * places.length);
    return places.map((place, which) => {
      const { slots: group, parts, stride } = groupOf(place);
      const count = place.own ? workgroups / fields : workgroups;
      return {
        shader: learnedGradient(places.length),
        sizes: { count, parts, stride, offset: place.offset, which },
        bindings: { sums: { slot: 'learnedSums' }, parts: { slot: group.parts } },
        groups: [place.own ? fields : 1, 1, 1],
      };
    });
  };

  /**
   * Where the derivatives go that are past the activation behind a register: to itself behind a product of matrices,
   * else to the register before.
   */
  const pastActivation = (register: number): GradientTarget => {
    const operation = writerOf(program, register);
    if (operation?.kind !== 'elementwise') return buffers.into(register);
    const [before] = operation.inputs;
    const target = buffers.into(before);
    // Only its learned parameters ask for them.
    if (!wanted[before]) buffers.release(before);
    return target;
  };

  /** Whether a product of matrices, which is all that reads a register, takes the activation behind it along. */
  const isTakenAlong = (register: number): boolean =>
    consumers[register] === 1 && operations.some(({ kind, inputs: read }) => kind === 'linear' && read[0] === register);

  const before = (register: number): ActivationBefore | undefined =>
    activationBefore(program, regions, register, format.format);

  const productInto = (register: number): ProductTarget | undefined => {
    if (!wanted[register]) return undefined;
    const past = isTakenAlong(register) ? before(register) : undefined;
    if (past === undefined) return { ...buffers.into(register), learnedSteps: () => [] };
    return {
      ...pastActivation(register),
      before: past,
      learnedSteps: workgroups => learnedSteps(writerOf(program, register), workgroups),
    };
  };

  /** The reverse of an activation that nobody took along. */
  const activationSteps = (register: number, upstream: string): Step[] => {
    const past = before(register);
    if (past === undefined) return [];
    const features = widths[register] as number;
    const operation = writerOf(program, register);
    const isAlone = operation?.kind === 'elementwise';
    const { slot, adds } = isAlone ? pastActivation(register) : { slot: upstream, adds: false };
    const perField = isOwnActivation(past.activation);
    const dispatch = overPoints({ points, fields, perField }, padded(features) / 4);
    return [
      {
        shader: isAlone
          ? reverseElementwise(past.activation, features, jet, adds)
          : reverseInPlace(past.activation, features, jet, past.format),
        ...dispatch,
        bindings: { ...past.bindings, ...(isAlone && { upstream: { slot: upstream } }), result: { slot } },
      },
      ...learnedSteps(operation, workgroupsOf(dispatch)),
    ];
  };

  // What comes out is where the first buffer is taken.
  pastActivation(lastRegister(program));
  steps.push(last.step, ...learnedSteps(operations.at(-1), workgroupsOf(last.step)));
  for (let index = operations.length - 1; index >= 0; index--) {
    const operation = operations[index] as Operation;
    const register = inputs.length + index;
    const upstream = buffers.slotOf(register);
    if (upstream !== undefined && wanted[register]) {
      if (register !== lastRegister(program) && !isTakenAlong(register))
        steps.push(...activationSteps(register, upstream));
      steps.push(
        ...reverseSteps(operation, {
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
          into: at => (wanted[at] ? buffers.into(at) : undefined),
          productInto,
          addsTo(place) {
            const name = `${place.own} ${place.offset}`;
            const isWritten = written.has(name);
            written.add(name);
            return isWritten || (place.own ? continues.own : continues.shared);
          },
        }),
      );
    }
    buffers.release(register);
  }
  if (reachesInput)
    for (const [input, { features }] of inputs.entries()) {
      // Those of coordinates are the value's alone.
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
