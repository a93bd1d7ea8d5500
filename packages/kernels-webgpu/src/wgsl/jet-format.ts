/**
 * @file The storage format of jets between layers: float32, or float16, which is converted to float32 before anything
 *   is summed. The largest float16 is 65504, and derivatives of order k grow with the k-th power of the steepest
 *   activation, so they are divided by that power.
 */
import { literal } from './formula.ts';
import type { JetShape } from './jet-rule.ts';
import type { StorageBinding } from './shader.ts';

/** How the blocks of jets are stored. */
export interface JetFormat {
  readonly half: boolean;
  /**
   * In float16, derivatives of order k are divided by the k-th power of this scale. It is a power of two, so that the
   * division is exact.
   */
  readonly scale: number;
}

/** Everything in float32. */
export const single: JetFormat = { half: false, scale: 1 };

/** The type of a vector of four stored values. */
export const vectorType = ({ half }: Pick<JetFormat, 'half'>): StorageBinding['type'] =>
  half ? 'vec4<f16>' : 'vec4<f32>';

/** Converts a stored vector to float32. */
export const widened = ({ half }: Pick<JetFormat, 'half'>, stored: string): string =>
  half ? `vec4<f32>(${stored})` : stored;

/** The order of the derivatives in a block. */
export const orderOf = ({ first }: JetShape, block: number): number => (block === 0 ? 0 : block <= first ? 1 : 2);

/** An expression times a constant. */
const times = (expression: string, factor: number): string =>
  factor === 1 ? expression : `${expression} * ${literal(factor)}`;

/** Multiplies a result computed from stored values by `scale^order`, by which these were divided. */
export const unscaled = ({ scale }: JetFormat, expression: string, order: number): string =>
  times(expression, scale ** order);

/** Converts a vector to the stored format, divided by `scale^order`. */
export const narrowed = ({ half, scale }: JetFormat, expression: string, order: number): string =>
  half ? `vec4<f16>(${times(expression, scale ** -order)})` : expression;
