/** @file The memory that fitting a network takes, apart from its points. */
import { type Extensions, type FieldSpec, parameterLayout } from '@neural-fields/core';
import type { MemoryEstimate } from '../memory.ts';
import { formatCount } from '../output/format.ts';
import { extensions as allExtensions } from './extensions.ts';

/**
 * Bytes per parameter, measured as the growth of the resident set from a width of 1,000 to 3,000 (backend simd): for
 * the parameters, their gradients and Adam's two averages in a few copies, and for a checkpoint while it is encoded.
 * The best parameters add 4 to a fit, and twice 4 to a checkpoint: as read from the device, and encoded.
 */
const FIT_BYTES = 50 + 4;
const CHECKPOINT_BYTES = 24 + 8;

/** The number of parameters of a network. */
export const countParameters = (spec: FieldSpec, extensions: Extensions = allExtensions): number =>
  parameterLayout(spec, extensions).entries.reduce(
    (total, { shape }) => total + shape.reduce((product, length) => product * length, 1),
    0,
  );

/** The memory that a fit of a network takes. */
export const networkMemory = (
  spec: FieldSpec,
  {
    hiddenFeatures,
    checkpoint,
    extensions,
  }: {
    /** The width, to suggest a smaller one; if absent, nothing is suggested. */
    readonly hiddenFeatures?: number | undefined;
    readonly checkpoint: boolean;
    readonly extensions?: Extensions | undefined;
  },
): MemoryEstimate => {
  const count = countParameters(spec, extensions);
  const bytes = count * (FIT_BYTES + (checkpoint ? CHECKPOINT_BYTES : 0));
  return {
    what: `a network of ${formatCount(count)} parameters`,
    bytes,
    // Most parameters are in matrices that grow with the square of the width.
    fits: available => {
      if (hiddenFeatures === undefined) return undefined;
      const width = Math.floor(hiddenFeatures * Math.sqrt(available / bytes));
      return width < 1 ? undefined : `--hidden-features ${width} would fit`;
    },
  };
};
