/** @file Networks from PyTorch and back. A subpath of its own, for those who need it. */
export {
  type ExportPytorchOptions,
  exportPytorch,
  type PytorchNames,
  type PytorchStateDict,
  pytorchNames,
} from './files/pytorch/export-pytorch.ts';
export {
  type ImportPytorchOptions,
  importPytorch,
  type PytorchAssumptions,
  type PytorchField,
} from './files/pytorch/import-pytorch.ts';
export type { PytorchSource } from './files/pytorch/names.ts';
export { isTorchFile } from './files/pytorch/state-dicts.ts';
