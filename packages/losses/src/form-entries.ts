import type { SecondOrderForm } from '@neural-fields/core';

/** The entries of a form's matrix that are not 0. */
export const formEntries = (
  form: SecondOrderForm,
): readonly { readonly k: number; readonly l: number; readonly weight: number }[] =>
  form
    .flatMap((row: number | readonly number[], k) =>
      typeof row === 'number' ? [{ k, l: k, weight: row }] : row.map((weight, l) => ({ k, l, weight })),
    )
    .filter(({ weight }) => weight !== 0);
