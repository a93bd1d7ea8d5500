/** @file Losses that declare the derivatives that they need. */
import type { DerivativeRequest, Jet, PointLoss, TensorBatch } from '@neural-fields/core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** A loss that declares the derivatives that its term must request. */
export interface JetLoss<R extends DerivativeRequest> extends PointLoss<R> {
  readonly derivatives: R;
}

const KINDS = ['gradient', 'laplacian', 'hessian', 'second'] as const;

/** @throws TypeError when a jet lacks a derivative of the request */
const assertJet = (loss: string, jet: object, derivatives: DerivativeRequest): void => {
  for (const kind of KINDS) {
    const wanted = derivatives[kind];
    const got = (jet as Readonly<Record<string, unknown>>)[kind];
    const short = Array.isArray(wanted) && Array.isArray(got) && got.length !== wanted.length;
    if (wanted && (got === undefined || short))
      throw new TypeError(
        `${loss}: the jet must have ${kind === 'second' ? `${(wanted as readonly unknown[]).length} second-order forms` : `the ${kind}`};` +
          ` give the term derivatives: ${JSON.stringify(derivatives)}`,
      );
  }
};

/** The derivative of a loss along a direction of the jet. */
export type LossTangent<R extends DerivativeRequest> = NonNullable<PointLoss<R>['tangent']>;

/** Makes a loss that checks that the jet has the derivatives. */
export const jetLoss = <const R extends DerivativeRequest>(
  name: string,
  derivatives: R,
  losses: PointLoss<R>,
  tangent: LossTangent<R> | undefined = losses.tangent,
): JetLoss<R> => {
  const { pointwise } = losses;
  const loss = (jet: Jet<R>, batch: TensorBatch): Tensor => {
    assertJet(name, jet, derivatives);
    return losses(jet, batch);
  };
  return Object.assign(loss, { derivatives, ...(pointwise && { pointwise }), ...(tangent && { tangent }) });
};
