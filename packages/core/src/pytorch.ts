/** @file `@neural-fields/core/pytorch`: import and export of PyTorch state dicts. */
export {
  type ExportPytorchOptions,
  exportPytorch,
  type PytorchFormat,
  type PytorchStateDict,
  pytorchFormats,
} from './files/pytorch/export-pytorch.ts';
export {
  type ImportPytorchOptions,
  importPytorch,
  type PytorchAssumptions,
  type PytorchField,
} from './files/pytorch/import-pytorch.ts';
export { type PytorchNames, type PytorchSource, pytorchNames } from './files/pytorch/names.ts';
export { isTorchFile } from './files/pytorch/state-dicts.ts';
