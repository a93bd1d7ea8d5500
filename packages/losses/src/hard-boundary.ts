/**
 * @file Hard boundary conditions: the field N becomes u(x) = g(x) + D(x) N(x), where D is 0 on the boundary and g has
 *   the boundary's values. Whatever N is, u satisfies the boundary conditions exactly, so no term is needed for them.
 *   Lagaris, Likas and Fotiadis 1998, arXiv:physics/9705023, section 2.
 *
 * The derivatives of u follow by the product rule:
 *
 *     u_k = g_k + D_k N + D N_k        u_kl = g_kl + D_kl N + D_k N_l + D_l N_k + D N_kl
 */

import type { DerivativeRequest, Jet, JetSource, PointLoss, SecondOrderForm } from '@neural-fields/core';
import { assertOptions } from '@neural-fields/core/options';
import {
  add,
  addN,
  mul,
  reshape,
  slice,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { formEntries } from './form-entries.ts';
import { type JetLoss, jetLoss } from './jet-loss.ts';

/** D and g, each with one output or as many as the field. */
export interface HardBoundary {
  /** D, e.g. `boxFactor(box)`. */
  readonly factor: JetSource;
  /** g; 0 if absent. */
  readonly offset?: JetSource;
}

/** A jet of any request. */
interface AnyJet {
  readonly value: Tensor2D;
  readonly gradient?: Tensor3D;
  readonly laplacian?: Tensor2D;
  readonly hessian?: Tensor4D;
  readonly second?: readonly Tensor2D[];
}

/** The request with first derivatives, which the product rule needs for second ones. */
const withGradient = <R extends DerivativeRequest>(request: R): R & { readonly gradient: true } => ({
  ...request,
  gradient: true,
});

const needsGradient = ({ gradient, laplacian, hessian, second }: DerivativeRequest): boolean =>
  Boolean(gradient || laplacian || hessian || second);

const along = (gradient: Tensor3D, k: number): Tensor2D => {
  const [n, , outFeatures] = gradient.shape;
  return reshape(slice(gradient, [0, k, 0], [n, 1, outFeatures]), [n, outFeatures]);
};

/** sum_kl A_kl (D_k N_l + D_l N_k), for a symmetric A. */
const crossTerms = (form: SecondOrderForm, factor: Tensor3D, field: Tensor3D): Tensor2D => {
  const entries = formEntries(form);
  if (entries.length === 0) return mul(mul(along(factor, 0), along(field, 0)), 0);
  return addN(entries.map(({ k, l, weight }) => mul<Tensor2D>(mul(along(factor, k), along(field, l)), 2 * weight)));
};

/** D_k N_l + D_l N_k: `f32[n, d, d, o]`. */
const crossHessian = (factor: Tensor3D, field: Tensor3D): Tensor4D => {
  const column = (x: Tensor3D): Tensor4D => reshape(x, [x.shape[0], x.shape[1], 1, x.shape[2]]);
  const row = (x: Tensor3D): Tensor4D => reshape(x, [x.shape[0], 1, x.shape[1], x.shape[2]]);
  return add(mul(column(factor), row(field)), mul(row(factor), column(field)));
};

/** The jet of g + D N. */
const constrain = (field: AnyJet, factor: AnyJet, offset: AnyJet | undefined, request: DerivativeRequest): AnyJet => {
  const shifted = <T extends Tensor>(x: T, part: T | undefined): T => (part === undefined ? x : add(x, part));
  const product = <T extends Tensor>(n: T, d: T, lift: (x: Tensor2D) => Tensor): T =>
    add(mul(lift(factor.value), n), mul(d, lift(field.value)));
  const flat = (x: Tensor2D): Tensor => x;
  const value: Tensor2D = shifted(mul<Tensor2D>(factor.value, field.value), offset?.value);
  if (!needsGradient(request)) return { value };
  const [n, d] = (field.gradient as Tensor3D).shape;
  const [factorGradient, fieldGradient] = [factor.gradient as Tensor3D, field.gradient as Tensor3D];
  const lift3 = (x: Tensor2D): Tensor3D => reshape(x, [n, 1, x.shape[1]]);
  const lift4 = (x: Tensor2D): Tensor4D => reshape(x, [n, 1, 1, x.shape[1]]);
  const ofForm = (form: SecondOrderForm, own: Tensor2D, theirs: Tensor2D, part: Tensor2D | undefined): Tensor2D =>
    shifted(add(product(own, theirs, flat), crossTerms(form, factorGradient, fieldGradient)), part);
  const ones = Array.from({ length: d }, () => 1);
  const part = (index: number): Tensor2D | undefined => offset?.second?.[index];
  return {
    value,
    gradient: shifted(product(fieldGradient, factorGradient, lift3), offset?.gradient),
    ...(request.laplacian && {
      laplacian: ofForm(ones, field.laplacian as Tensor2D, factor.laplacian as Tensor2D, offset?.laplacian),
    }),
    ...(request.hessian && {
      hessian: shifted(
        add<Tensor4D>(
          product(field.hessian as Tensor4D, factor.hessian as Tensor4D, lift4),
          crossHessian(factorGradient, fieldGradient),
        ),
        offset?.hessian,
      ),
    }),
    ...(request.second && {
      second: request.second.map((form, j) =>
        ofForm(form, field.second?.[j] as Tensor2D, factor.second?.[j] as Tensor2D, part(j)),
      ),
    }),
  };
};

/** Evaluates the factor and the offset at the field's points, and combines the three jets. */
const constrainAt = (
  field: AnyJet,
  { factor, offset }: HardBoundary,
  coords: Tensor2D,
  request: DerivativeRequest,
): AnyJet => {
  const whole = needsGradient(request) ? withGradient(request) : request;
  return constrain(field, factor.jet(coords, whole), offset?.jet(coords, whole), whole);
};

/**
 * The field u = g + D N, which satisfies its boundary conditions, for evaluating what was fitted with {@link
 * hardBoundary}.
 *
 * @throws RangeError when factor, offset and field differ in their number of coordinates
 */
export const constrainedField = (field: JetSource, boundary: HardBoundary): JetSource => {
  const { factor, offset } = boundary;
  for (const { inFeatures } of offset ? [factor, offset] : [factor])
    if (inFeatures !== field.inFeatures)
      throw new RangeError(
        `constrainedField: factor and offset must have ${field.inFeatures} coordinates like the field, got ${inFeatures}`,
      );
  return {
    inFeatures: field.inFeatures,
    jet: (coords, request) => {
      const whole: DerivativeRequest = needsGradient(request) ? withGradient(request) : request;
      return constrainAt(field.jet(coords, whole) as AnyJet, boundary, coords, request) as Jet<typeof request>;
    },
  };
};

/**
 * Evaluates a loss on the constrained field u = g + D N instead of the field N itself.
 *
 *     const loss = hardBoundary(pdeResidual(({ laplacian }) => laplacian), { derivatives: { laplacian: true }, factor: boxFactor([[-1, 1]]) });
 *     term({ points, loss })
 *
 * @param loss on the jet of u
 * @param options `derivatives`: those that `loss` needs; `factor` and `offset`: D and g
 */
export const hardBoundary = <const R extends DerivativeRequest>(
  loss: PointLoss<R>,
  options: HardBoundary & { readonly derivatives: R },
): JetLoss<R & { readonly gradient: true }> => {
  assertOptions('hardBoundary', options, { factor: 1, offset: 1, derivatives: 1 });
  const { derivatives, ...boundary } = options;

  const constrained = jetLoss('hardBoundary', withGradient(derivatives), (jet, batch) =>
    loss(constrainAt(jet as AnyJet, boundary, batch.coords, derivatives) as Jet<R>, batch),
  );
  return loss.metrics ? Object.assign(constrained, { metrics: loss.metrics }) : constrained;
};
