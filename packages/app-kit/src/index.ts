/**
 * @file What the programs share: errors and exit codes, output, options, interrupts, memory, and the choice of a
 * backend.
 */
export { type BackendOptions, backendCandidates, chooseBackend } from './backends.ts';
export {
  describeError,
  exitCodeOf,
  explainedWithin,
  explanationOf,
  InputError,
  InterruptedError,
  isExpected,
  ReportedError,
  UsageError,
} from './errors.ts';
export { type Explanation, explanationLine } from './explanation.ts';
export { listenForInterrupt } from './interrupt.ts';
export { assertMemory } from './memory.ts';
export { optionName } from './option-name.ts';
export { importOptional, MissingPackageError } from './optional-package.ts';
export { ArgumentError } from './options/argument-error.ts';
export { commandLine } from './options/command-line.ts';
export { type CommonOptions, outputOf, withCommonOptions } from './options/common.ts';
export { type CompletionShell, completionScript, completionShells } from './options/completion.ts';
export { helpExamples } from './options/help-layout.ts';
export { didYouMean } from './options/nearest.ts';
export { bitDepth, finite, fraction, integer, notNegative, numberList, positive } from './options/numbers.ts';
export { parseSize, resolveSize, type Size } from './options/size.ts';
export { formatBytes, formatCount, formatDecibels, formatSeconds, plainNumber, plural } from './output/format.ts';
export { createOutput, type Output } from './output/output.ts';
export { createProgress, type Progress } from './output/progress.ts';
export { type Program, reportError, runAsProcess, withErrorLines } from './program.ts';
export { stoppable } from './stoppable.ts';
