/** @file How the jets of a program are stored between its operations. */
import type { Operation } from '@neural-fields/core/kernels';
import { steepnessOf } from '../wgsl/activations.ts';
import { type JetFormat, single } from '../wgsl/jet-format.ts';
import { activationBehind, type FieldProgram, lastRegister, writerOf } from './field-program.ts';

/** How jets are stored. */
export interface ProgramFormat {
  /** The format between matrix products, and of pre-activations. */
  readonly format: JetFormat;
  /** The format of each register. */
  readonly registers: readonly JetFormat[];
}

/** Whether an operation may increase derivatives by any factor. */
const magnifies = (operation: Operation): boolean =>
  operation.kind === 'product' ||
  operation.kind === 'grid' ||
  // The frequencies of an encoding.
  (operation.kind === 'linear' && operation.weight.kind === 'constant');

/**
 * In float16 the steepest activation determines the scale of derivatives. The derivatives of input jets, and those
 * after products, tables and encodings, may have any size, so networks with these keep derivatives in float32.
 */
const formatBetween = ({ inputs, operations, jet }: FieldProgram, halfPrecision: boolean): JetFormat => {
  if (!halfPrecision) return single;
  if (jet.first === 0) return { half: true, scale: 1 };
  if (inputs.some(({ kind }) => kind === 'jet') || operations.some(magnifies)) return single;
  const steepest = Math.max(1, ...operations.map(operation => steepnessOf(activationBehind(operation))));
  return { half: true, scale: 2 ** Math.round(Math.log2(steepest)) };
};

/** Registers that only matrix products write and read are float16; the output is float32. */
export const formatOf = (program: FieldProgram, halfPrecision: boolean): ProgramFormat => {
  const format = formatBetween(program, halfPrecision);
  const { operations, widths } = program;
  const isHalf = (register: number): boolean =>
    format.half &&
    register !== lastRegister(program) &&
    writerOf(program, register)?.kind === 'linear' &&
    operations.every(({ kind, inputs }) => kind === 'linear' || !inputs.some(input => input === register));
  return { format, registers: widths.map((_, register) => (isHalf(register) ? format : single)) };
};
