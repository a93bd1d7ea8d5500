/** @file How the jets of a program are stored between its operations. */
import { steepnessOf } from '../wgsl/activations.ts';
import { type JetFormat, single } from '../wgsl/jet-format.ts';
import { activationBehind, type FieldProgram, lastRegister, writerOf } from './field-program.ts';

/** How jets are stored. */
export interface ProgramFormat {
  /** Of what one product of matrices hands to the next, and of pre-activations. */
  readonly format: JetFormat;
  /** Of each register. */
  readonly registers: readonly JetFormat[];
}

/**
 * In float16 the steepest activation sets the scale of derivatives. How large those of jets that come in, of products and of tables are is not known, so
 * derivatives behind these stay float32.
 */
const formatBetween = ({ inputs, operations, jet }: FieldProgram, halfPrecision: boolean): JetFormat => {
  if (!halfPrecision) return single;
  if (jet.first === 0) return { half: true, scale: 1 };
  const isUnknown =
    inputs.some(({ kind }) => kind === 'jet') || operations.some(({ kind }) => kind === 'product' || kind === 'grid');
  if (isUnknown) return single;
  const steepest = Math.max(1, ...operations.map(operation => steepnessOf(activationBehind(operation))));
  return { half: true, scale: 2 ** Math.round(Math.log2(steepest)) };
};

/** Float16 is what products of matrices alone hand to products of matrices alone; what comes out is float32. */
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
