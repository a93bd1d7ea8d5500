import type { SecondOrderForm } from '@neural-fields/core';

/** The nonzero entries of the matrix of a second-order form. */
export const formEntries = (
  form: SecondOrderForm,
): readonly { readonly k: number; readonly l: number; readonly weight: number }[] =>
  form
    .flatMap((row: number | readonly number[], k) =>
      typeof row === 'number' ? [{ k, l: k, weight: row }] : row.map((weight, l) => ({ k, l, weight })),
    )
    .filter(({ weight }) => weight !== 0);
