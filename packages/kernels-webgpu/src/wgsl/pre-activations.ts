/**
 * @file The pre-activations that the reverse pass needs. Their values are float32 in every format: float16 has 2^-11 of
 *   a number, which is 0.05 of a phase of 100. Their derivatives only multiply, and are stored as the jets are.
 */
import { type JetFormat, narrowed, orderOf, unscaled, vectorType, widened } from './jet-format.ts';
import { blockCount, type JetShape } from './jet-rule.ts';
import { lines, type reads, repeat, type StorageBinding } from './shader.ts';

/** Whether the derivatives are in the buffer `zDerivatives`, beside the values in `z`. */
export const splitsPreActivations = (jet: JetShape, { half }: JetFormat): boolean => half && blockCount(jet) > 1;

/** The buffers, read or written. */
export const preActivationStorage = (jet: JetShape, format: JetFormat, access: typeof reads): StorageBinding[] => [
  access('z'),
  ...(splitsPreActivations(jet, format) ? [access('zDerivatives', vectorType(format))] : []),
];

const placeOf = (block: number, vectors: number): string => `(${block}u * sizes.points + point) * ${vectors}u + vector`;

/** The activation's steepness has not multiplied these yet: derivatives of order k go with its power k - 1. */
const scaleOrder = (jet: JetShape, block: number): number => orderOf(jet, block) - 1;

/** A statement that stores `z<block>` of `point` and `vector`. */
export const storePreActivation = (jet: JetShape, format: JetFormat, block: number, vectors: number): string =>
  block > 0 && splitsPreActivations(jet, format)
    ? `zDerivatives[${placeOf(block - 1, vectors)}] = ${narrowed(format, `z${block}`, scaleOrder(jet, block))};`
    : `z[${placeOf(block, vectors)}] = z${block};`;

/** Statements that define `z0`, `z1`, ... of `point` and `vector`. */
export const loadPreActivations = (jet: JetShape, format: JetFormat, vectors: number): string =>
  lines(
    repeat(blockCount(jet), block => {
      if (block === 0 || !splitsPreActivations(jet, format)) return `let z${block} = z[${placeOf(block, vectors)}];`;
      const stored = widened(format, `zDerivatives[${placeOf(block - 1, vectors)}]`);
      return `let z${block} = ${unscaled(format, stored, scaleOrder(jet, block))};`;
    }),
  );
