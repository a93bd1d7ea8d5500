/** @file `@neural-fields/core/node`: files on disk. Nothing else of the library imports `node:` modules. */
export { readFieldFile, writeFieldFile } from './node/field-file.ts';
export { fileCheckpointStore } from './node/file-checkpoint-store.ts';
export { describeFileError, FileError, type FileProblem } from './node/file-error.ts';
export { writeFileAtomically } from './node/write-file-atomically.ts';
