/**
 * @file The pre-activations that the backward pass needs. Their values are float32 in every format: the relative error
 *   2^-11 of float16 would be 0.05 in a phase of 100. Their derivatives are only factors, and are stored like the jets.
 */
import { type JetFormat, narrowed, orderOf, unscaled, vectorType, widened } from './jet-format.ts';
import { blockCount, type JetShape } from './jet-rule.ts';
import { lines, type reads, repeat, type StorageBinding } from './shader.ts';

/** Whether the derivatives are in a separate buffer `zDerivatives`. */
export const splitsPreActivations = (jet: JetShape, { half }: JetFormat): boolean => half && blockCount(jet) > 1;

/** The buffers, read or written. */
export const preActivationStorage = (jet: JetShape, format: JetFormat, access: typeof reads): StorageBinding[] => [
  access('z'),
  ...(splitsPreActivations(jet, format) ? [access('zDerivatives', vectorType(format))] : []),
];

const elementIndex = (block: number, vectors: number): string =>
  `(${block}u * sizes.points + point) * ${vectors}u + vector`;

/** Not yet multiplied by the activation's steepness: derivatives of order k scale with its power k - 1. */
const scaleOrder = (jet: JetShape, block: number): number => orderOf(jet, block) - 1;

/** A statement that stores `z<block>` of `point` and `vector`. */
export const storePreActivation = (jet: JetShape, format: JetFormat, block: number, vectors: number): string =>
  block > 0 && splitsPreActivations(jet, format)
    ? `zDerivatives[${elementIndex(block - 1, vectors)}] = ${narrowed(format, `z${block}`, scaleOrder(jet, block))};`
    : `z[${elementIndex(block, vectors)}] = z${block};`;

/** Statements that define `z0`, `z1`, ... of `point` and `vector`. */
export const loadPreActivations = (jet: JetShape, format: JetFormat, vectors: number): string =>
  lines(
    repeat(blockCount(jet), block => {
      if (block === 0 || !splitsPreActivations(jet, format))
        return `let z${block} = z[${elementIndex(block, vectors)}];`;
      const stored = widened(format, `zDerivatives[${elementIndex(block - 1, vectors)}]`);
      return `let z${block} = ${unscaled(format, stored, scaleOrder(jet, block))};`;
    }),
  );
