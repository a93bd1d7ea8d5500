/** @file `@neural-fields/core/files`: field files and safetensors as bytes, and fields through tfjs's `io` handlers. */
export {
  decodeFieldData,
  decodeModelData,
  type EncodeFieldOptions,
  encodeFieldData,
  encodeModelData,
  type FieldFile,
  type FieldFileExtras,
  type ModelData,
  type ModelFile,
} from './files/field-file.ts';
export { FieldFileError, type FieldFileProblem } from './files/field-file-error.ts';
export { type OutputChange, outputChange } from './files/output-change.ts';
export {
  type FieldPrecision,
  fieldPrecisions,
  type ParameterChange,
  type RoundedField,
  roundFieldData,
} from './files/precision.ts';
export {
  decodeSafetensors,
  type EncodableArray,
  encodeSafetensors,
  type SafetensorsArray,
  type SafetensorsDtype,
  SafetensorsError,
  type SafetensorsFile,
  type SafetensorsLimits,
  type SafetensorsProblem,
  type SafetensorsTensor,
  type ShapedArray,
} from './files/safetensors.ts';
export { fromModelArtifacts, loadFieldData, saveFieldData, toModelArtifacts } from './files/tfjs-io.ts';
