/** @file The objective of a prior: data, and two regularisers. */
import {
  type DerivativeRequest,
  type ObjectiveTerm,
  type PointLoss,
  type PointSource,
  parameterTerm,
  term,
} from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { assertOptions } from '@neural-fields/core/options';
import { FIELDS, LATENTS } from './prior.ts';

/** The options of {@link priorTerms}. */
export interface PriorTermsOptions<R extends DerivativeRequest> {
  /** `signalPoints`, or points of your own with inputs. */
  readonly points: PointSource;
  /** The loss at the points, e.g. `mse()` of the losses package. */
  readonly loss: PointLoss<R>;
  /** The weight of mean z^2; 0.1 if absent. */
  readonly latentWeight?: number;
  /** The weight of mean theta^2 over the generated parameters; 100 if absent. */
  readonly parameterWeight?: number;
}

/**
 * The objective of a prior: data + 0.1 mean z^2 + 100 mean theta^2, with the latents z and the generated parameters
 * theta; terms `data`, `latents` and `weights`.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, supplement on learning a space of implicit functions; weights as in the
 * authors' code.
 */
export const priorTerms = <const R extends DerivativeRequest = Record<never, never>>(
  options: PriorTermsOptions<R>,
): ObjectiveTerm[] => {
  assertOptions('priorTerms', options, { points: 1, loss: 1, latentWeight: 1, parameterWeight: 1 });
  const { points, loss, latentWeight = 0.1, parameterWeight = 100 } = options;
  const regulariser = (name: string, field: string, weight: number): ObjectiveTerm[] =>
    weight === 0 ? [] : [parameterTerm({ name, field, penalty: squared, weight })];
  return [
    term({ name: 'data', field: FIELDS, points, loss }),
    ...regulariser('latents', LATENTS, latentWeight),
    ...regulariser('weights', FIELDS, parameterWeight),
  ];
};
