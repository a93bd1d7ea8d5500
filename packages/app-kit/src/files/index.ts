/** @file Files that programs read and write: checked, locked, and replaced only if requested. */
export { describeForeign, isPly } from './describe-foreign.ts';
export { withOutputFolder } from './output-folder.ts';
export { extensionsOf, imageKinds, isOwnResult, meshKinds, type OutputKind, wantedExtensions } from './output-kinds.ts';
export { lockOutput, lockPath } from './output-lock.ts';
export { assertWritable, extensionOf } from './output-path.ts';
export { type OutputFile, withOutputs } from './outputs.ts';
export { readInput, STANDARD_STREAM } from './read-bytes.ts';
export { withStdoutFile } from './stdout-file.ts';
