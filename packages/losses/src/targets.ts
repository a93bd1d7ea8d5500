/** @file Finds the targets of a batch by name, and checks their shapes. */
import { findTarget } from '@neural-fields/core';
import type { Tensor2D } from '@tensorflow/tfjs-core';

export { findTarget, weighted } from '@neural-fields/core';

/** The targets of a batch by name, each `f32[n, k]`. */
export type Targets = Readonly<Record<string, Tensor2D>>;

/** A target that has the shape of the field's value. */
export const findValueTarget = (loss: string, name: string, targets: Targets, value: Tensor2D): Tensor2D =>
  findTarget(loss, name, targets, { widths: [value.shape[1]], as: "as the field's value" });
