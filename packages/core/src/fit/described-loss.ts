import { addN, mul, reshape, sub, sum, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { penalise, penaltyTangent } from '../elementwise/penalty.ts';
import type { Jet } from '../jets/jet.ts';
import type { DerivativeRequest } from '../jets/request.ts';
import { assertOptions } from '../options.ts';
import type { PointwiseError, PointwiseLoss } from './pointwise-loss.ts';
import { findTarget, weighted } from './targets.ts';
import type { PointLoss, TensorBatch } from './term.ts';

/** The derivatives that a description mentions. */
export type DerivativesOf<D extends PointwiseLoss> = {
  readonly [Part in Exclude<D['errors'][number]['of'], 'value'>]: true;
};

/** A loss made from its description, with the derivatives that its term must request. */
export type DescribedLoss<R extends DerivativeRequest> = PointLoss<R> & {
  readonly derivatives: R;
  readonly pointwise: PointwiseLoss;
};

/** The options of {@link pointwiseLoss}. */
export interface PointwiseLossOptions {
  /** Names the loss in errors; `pointwiseLoss` if absent. */
  readonly name?: string;
  readonly metrics?: NonNullable<PointLoss['metrics']>;
}

/** The parts of a jet that a description can mention. */
interface JetParts {
  readonly value: Tensor2D;
  readonly gradient?: Tensor3D;
  readonly laplacian?: Tensor2D;
}

/** Part of the jet minus its target, as `f32[n, d, o]` for a gradient and `f32[n, o]` otherwise. */
const errorsOf = (
  loss: string,
  { of, target }: PointwiseError,
  jet: JetParts,
  { targets }: TensorBatch,
): Tensor2D | Tensor3D => {
  const part = jet[of];
  if (part === undefined)
    throw new TypeError(`${loss}: the jet must have the ${of}; give the term the option derivatives: { ${of}: true }`);
  if (target === undefined) return part;
  const [[n, outFeatures], d] = [jet.value.shape, of === 'gradient' ? (part.shape[1] as number) : 1];
  const as = {
    value: "as the field's value",
    gradient: `for ${d} coordinates and ${outFeatures} outputs`,
    laplacian: "as the field's Laplacian",
  }[of];
  const wanted = findTarget(loss, target, targets, { widths: [d * outFeatures], as });
  return of === 'gradient'
    ? sub(part as Tensor3D, reshape(wanted, [n, d, outFeatures]))
    : sub(part as Tensor2D, wanted);
};

/** The weighted sum of a function of each error of a description. */
const sumOfErrors = (
  name: string,
  { errors, weight }: PointwiseLoss,
  { coords, targets }: TensorBatch,
  of: (error: PointwiseError) => Tensor,
): Tensor => {
  const losses = errors.map(error => {
    const all = error.of === 'gradient' ? sum(of(error), 1) : of(error);
    const { factor = 1 } = error;
    const scale = typeof factor === 'number' ? factor : factor(coords.shape[1]);
    return scale === 1 ? all : mul(all, scale);
  });
  return weighted(name, losses.length === 1 ? (losses[0] as Tensor) : addN(losses), targets, weight);
};

/**
 * The directional derivative of a described loss with respect to the jet: an implementation of {@link
 * PointLoss.tangent}.
 */
export const tangentOfDescription =
  (name: string, description: PointwiseLoss): NonNullable<PointLoss<DerivativeRequest>['tangent']> =>
  (jet, moved, batch) =>
    sumOfErrors(name, description, batch, error =>
      penaltyTangent(description.penalty, errorsOf(name, error, jet, batch), (moved as JetParts)[error.of] as Tensor2D),
    );

/**
 * Makes a loss from its description: a function of the jet in tfjs ops, for backends that cannot run the description in
 * a kernel.
 *
 *     const mse = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });
 *
 * The loss throws a RangeError if the points lack a target or its width is wrong.
 */
export const pointwiseLoss = <const D extends PointwiseLoss>(
  description: D,
  options: PointwiseLossOptions = {},
): DescribedLoss<DerivativesOf<D>> => {
  assertOptions('pointwiseLoss', options, { name: 1, metrics: 1 });
  const { name = 'pointwiseLoss', metrics } = options;

  const { errors, penalty }: PointwiseLoss = description;
  const derivatives = Object.fromEntries(errors.flatMap(({ of }) => (of === 'value' ? [] : [[of, true]])));
  const loss = (jet: Jet<DerivativesOf<D>>, batch: TensorBatch): Tensor =>
    sumOfErrors(name, description, batch, error => penalise(penalty, errorsOf(name, error, jet, batch)));
  return Object.assign(loss, {
    derivatives: derivatives as DerivativesOf<D>,
    pointwise: description as PointwiseLoss,
    ...(metrics && { metrics }),
  });
};
