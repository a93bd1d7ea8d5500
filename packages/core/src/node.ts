/** @file `@neural-fields/core/node`: files on disk. No other part of the library imports `node:` modules. */
export {
  type AtomicFile,
  createAtomicFile,
  removeTemporaryFiles,
  temporaryPath,
  writeFileAtomically,
} from './node/atomic-file.ts';
export { readFieldFile, writeFieldFile } from './node/field-file.ts';
export { fileCheckpointStore } from './node/file-checkpoint-store.ts';
export { describeFileError, FileError, type FileProblem, systemErrorReason } from './node/file-error.ts';
export { isProcessAlive } from './node/process-alive.ts';
export { type ReadFileOptions, readFileBytes } from './node/read-file-bytes.ts';
