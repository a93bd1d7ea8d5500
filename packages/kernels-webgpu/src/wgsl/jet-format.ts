/**
 * @file How jets lie in memory between layers: in float32, or in float16, of which everything that is added up is made
 *   float32 again. Float16 ends at 65504, and derivatives of order k grow with the k-th power of the steepest
 *   activation, so they are divided by that power.
 */
import { literal } from './formula.ts';
import type { JetShape } from './jet-rule.ts';
import type { StorageBinding } from './shader.ts';

/** How the blocks of jets are stored. */
export interface JetFormat {
  readonly half: boolean;
  /**
   * In float16, what derivatives of order k are divided by is the k-th power of this; a power of two, so that the
   * division is exact.
   */
  readonly scale: number;
}

/** All in float32. */
export const single: JetFormat = { half: false, scale: 1 };

/** The type of four numbers. */
export const vectorType = ({ half }: Pick<JetFormat, 'half'>): StorageBinding['type'] =>
  half ? 'vec4<f16>' : 'vec4<f32>';

/** Four stored numbers as float32. */
export const widened = ({ half }: Pick<JetFormat, 'half'>, stored: string): string =>
  half ? `vec4<f32>(${stored})` : stored;

/** The order of the derivatives in a block. */
export const orderOf = ({ first }: JetShape, block: number): number => (block === 0 ? 0 : block <= first ? 1 : 2);

/** An expression times a number. */
const times = (expression: string, factor: number): string =>
  factor === 1 ? expression : `${expression} * ${literal(factor)}`;

/** What came of stored numbers that were divided by `scale^order`, as it would be without. */
export const unscaled = ({ scale }: JetFormat, expression: string, order: number): string =>
  times(expression, scale ** order);

/** Four numbers as they are stored, divided by `scale^order`. */
export const narrowed = ({ half, scale }: JetFormat, expression: string, order: number): string =>
  half ? `vec4<f16>(${times(expression, scale ** -order)})` : expression;
