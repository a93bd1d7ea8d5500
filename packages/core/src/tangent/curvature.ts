/**
 * @file Second derivatives of an objective with respect to the parameters, as products with vectors.
 *
 * With the tangent jet' = J v of `jet-tangent.ts` and a loss l, both products are ordinary backward passes:
 *
 *     H v = d/dtheta <dl/djet, jet'>          where d/dv of the same scalar is the gradient
 *     G v = J' (d2l/djet2 jet')
 *
 * (Pearlmutter 1994, "Fast Exact Multiplication by the Hessian"; Schraudolph 2002, "Fast Curvature Matrix-Vector
 * Products for Second-Order Gradient Descent".)
 */

import {
  add,
  addN,
  clone,
  concat1d,
  customGrad,
  engine,
  keep,
  mean,
  mul,
  reshape,
  type Scalar,
  scalar,
  slice,
  sum,
  Tensor,
  type Tensor1D,
  type Tensor2D,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import { batchEvaluationOf } from '../evaluate/batch-evaluation.ts';
import { evaluateBatchNetwork, evaluateNetwork } from '../evaluate/evaluate.ts';
import { evaluationOf } from '../evaluate/evaluation.ts';
import { tangentOfDescription } from '../fit/described-loss.ts';
import { type DeviceChunk, defaultChunkSize, Objective, onlyOwnView, rowsOf } from '../fit/objective.ts';
import type { FitStep } from '../fit/points.ts';
import {
  isPointTerm,
  type ObjectiveTerm,
  type ParameterTerm,
  type TensorBatch,
  type Term,
  weightFactorAt,
} from '../fit/term.ts';
import type { Jet } from '../jets/jet.ts';
import type { DerivativeRequest } from '../jets/request.ts';
import { isBatchNetwork, type Model, singleNetwork, viewOf } from '../model.ts';
import { assertOptions } from '../options.ts';
import type { ParameterLayout } from '../params/layout.ts';
import { createRng } from '../random.ts';
import type { BatchNetwork } from '../spec/batch-network.ts';
import type { Network } from '../spec/network.ts';
import { splitTangent } from './jet-tangent.ts';
import { outsideTape } from './outside-tape.ts';
import { tangentBatchOf, tangentNetworkOf } from './tangent-network.ts';

/** The options of {@link createCurvature}. */
export interface CurvatureOptions {
  /** The seed for drawing points; 0 if absent. */
  readonly seed?: number;
  /** The step of a fit for which points are drawn and terms weighted; step 1 of 1 if absent. */
  readonly at?: FitStep;
  /** The number of points per chunk. Beyond the points themselves, memory does not grow with their number. */
  readonly chunkSize?: number;
}

/** A Hessian-vector product, and the gradient, which it also computes. */
export interface HessianProduct {
  /** H v, `f32[P]` */
  readonly product: Tensor1D;
  /** `f32[P]` */
  readonly gradient: Tensor1D;
}

/** A chunk of a term's points. */
type TermChunk = Omit<DeviceChunk, 'start'>;

/** A term with its points. */
interface PreparedTerm {
  readonly term: Term;
  readonly network: Network | BatchNetwork;
  readonly chunks: readonly TermChunk[];
}

/** A parameter term on the model's own parameters. */
interface PreparedParameters {
  readonly term: ParameterTerm;
  /** The layout in which it finds them. */
  readonly layout: ParameterLayout;
  /** The number of fields with this loss. */
  readonly fields: number;
}

/** The tangent network needs about three times the memory of the network. */
const TANGENT_COST = 3;

/** The tangent of a term's losses. @throws TypeError when it has none */
const tangentOf = (term: Term): NonNullable<Term['tangent']> => {
  const { name, tangent, pointwise } = term;
  if (tangent) return tangent;
  if (pointwise) return tangentOfDescription(name, pointwise);
  throw new TypeError(
    `curvature: the loss of term '${name}' must have a tangent, or be described as data (pointwiseLoss), got neither; see PointLoss.tangent`,
  );
};

/** The tangent network of a network or a batch. */
const tangentFor = (network: Network | BatchNetwork): Network | BatchNetwork =>
  isBatchNetwork(network) ? tangentBatchOf(network) : tangentNetworkOf(network);

/** The jets of a network or a batch. */
const jetsOf = (
  network: Network | BatchNetwork,
  parameters: Tensor1D | readonly Tensor[],
  { batch: { coords } }: TermChunk,
  derivatives: DerivativeRequest,
): Jet<DerivativeRequest> =>
  isBatchNetwork(network)
    ? evaluateBatchNetwork(network, parameters, coords, derivatives)
    : evaluateNetwork(network, parameters, coords as Tensor2D, derivatives);

/** All tensors of a jet. */
const partsOf = (jet: Jet<DerivativeRequest>): Tensor[] =>
  Object.values(jet as Readonly<Record<string, Tensor | Tensor[]>>).flat();

/**
 * The variables to differentiate: the flat vector for a kernel that runs the whole network, separate tensors for tfjs
 * ops.
 */
const variablesOf = (
  network: Network | BatchNetwork,
  flat: Tensor1D,
  derivatives: DerivativeRequest,
): Tensor1D | Tensor[] => {
  const evaluation = isBatchNetwork(network)
    ? batchEvaluationOf(network, derivatives)
    : evaluationOf(network, derivatives);
  return evaluation.isFused ? flat : network.layout.split(flat);
};

/** The gradient as one vector, with zeros for variables without influence. */
const gradientOf = (f: () => Tensor, variables: Tensor1D | readonly Tensor[], upstream: number): Tensor1D => {
  const by = variables instanceof Tensor ? [variables] : variables;
  if (by.length === 0) return zeros([0]);
  const { grads } = engine().gradients(f, [...by], scalar(upstream), true);
  return concat1d(
    grads.map((part: Tensor | null, index): Tensor1D => {
      const { size } = by[index] as Tensor;
      return part ? reshape(part, [size]) : zeros([size]);
    }),
  );
};

/** A kept copy of a chunk. */
const keptChunk = ({ batch: { coords, targets }, share }: DeviceChunk): TermChunk => {
  const kept = Object.entries(targets).map(([name, target]) => [name, keep(clone(target))] as const);
  return { batch: { coords: keep(clone(coords)), targets: Object.fromEntries(kept) }, share };
};

/** The points as the loss gets them. */
const rowsFor = ({ network }: PreparedTerm, { batch }: TermChunk): TensorBatch =>
  rowsOf(batch, isBatchNetwork(network) ? network.count : undefined);

/**
 * The loss of an objective, its gradient, and its Hessian-vector and Gauss-Newton-vector products. It owns its points
 * until {@link Curvature.dispose}. The caller disposes of results.
 *
 * All methods take the parameters to evaluate at as `f32[P]`; if absent, the model's current ones. Results are not
 * differentiable, except {@link Curvature.differentiableGradient}.
 */
export class Curvature {
  readonly #model: Model;
  readonly #objective: Objective;
  readonly #at: FitStep;
  readonly #terms: readonly PreparedTerm[];
  readonly #parameterTerms: readonly PreparedParameters[];

  /** Use {@link createCurvature}. */
  constructor(
    model: Model,
    terms: readonly ObjectiveTerm[],
    { seed = 0, at = { step: 1, steps: 1 }, chunkSize }: CurvatureOptions,
  ) {
    this.#model = model;
    this.#at = at;
    const size = chunkSize ?? Math.max(64, Math.floor(defaultChunkSize(model, terms) / TANGENT_COST));
    this.#objective = new Objective(model, size);
    const rng = createRng(seed).fork(at.step - 1);
    this.#parameterTerms = terms.flatMap(term => (isPointTerm(term) ? [] : [preparedParameters(model, term)]));
    this.#terms = terms.flatMap((term, index): PreparedTerm[] => {
      if (!isPointTerm(term)) return [];
      const { network, parameters } = viewOf(model, term.field, term.name);
      if (parameters)
        throw new TypeError(`curvature: term '${term.name}' must be on a field whose parameters are the model's own`);
      if (singleNetwork(network).statistics.length > 0)
        throw new TypeError(
          `curvature: term '${term.name}' must be on a network without statistics over its points, such as those of batch-norm`,
        );
      if (term.points.fields !== undefined && !(isBatchNetwork(network) && network.count === term.points.fields))
        throw new TypeError(
          `curvature: the points of term '${term.name}' must be for all fields, not for a subset per step`,
        );
      const drawn = this.#objective.chunks(term, { ...at, rng: rng.fork(index) });
      return [{ term, network, chunks: Array.from(drawn, keptChunk) }];
    });
  }

  /** P, the length of all vectors. */
  get size(): number {
    return this.#model.layout.size;
  }

  #vector(what: string, given: Tensor1D): Tensor1D {
    if (given.rank !== 1 || given.size !== this.size)
      throw new RangeError(`curvature: ${what} must be [${this.size}], got [${given.shape.join(', ')}]`);
    return given;
  }

  /** Sums the contributions of all chunks of all terms, and of parameter terms. */
  #total<T extends Tensor>(
    parameters: Tensor1D | undefined,
    part: (flat: Tensor1D, prepared: PreparedTerm, chunk: TermChunk) => T,
    parameterPart: (flat: Tensor1D, prepared: PreparedParameters) => T,
  ): T {
    return outsideTape(() =>
      tidy(() => {
        const { layout, parameters: variables } = this.#model;
        const flat = parameters ? this.#vector('the parameters', parameters) : layout.join(layout.pick(variables));
        let total: T | undefined;
        const accumulate = (work: () => T): void => {
          const next = tidy(() => (total ? (add(total, work()) as T) : work()));
          total?.dispose();
          total = next;
        };
        for (const prepared of this.#terms)
          for (const chunk of prepared.chunks) accumulate(() => part(flat, prepared, chunk));
        for (const prepared of this.#parameterTerms) accumulate(() => parameterPart(flat, prepared));
        return total as T;
      }),
    );
  }

  #weightOf(term: ObjectiveTerm): number {
    return term.weight * weightFactorAt(term, this.#at);
  }

  #chunkGradient(
    flat: Tensor1D,
    { term, network }: PreparedTerm,
    chunk: TermChunk,
  ): { readonly loss: Scalar; readonly gradient: Tensor1D } {
    const { loss, gradient, pointLosses } = this.#objective.chunkGradient(term, chunk, { network, flat, at: this.#at });
    pointLosses?.dispose();
    return { loss: mul(sum(loss), this.#weightOf(term)), gradient };
  }

  /** The weighted sum of the terms' mean losses, summed over the fields of a batch: `f32[]`. */
  loss(parameters?: Tensor1D): Scalar {
    return this.#total(
      parameters,
      (flat, prepared, chunk) => this.#chunkGradient(flat, prepared, chunk).loss,
      (flat, { term, layout, fields }) => mul(term.loss(flat, layout), fields * this.#weightOf(term)),
    );
  }

  /** The gradient of the loss: `f32[P]`. */
  gradient(parameters?: Tensor1D): Tensor1D {
    return this.#total(
      parameters,
      (flat, prepared, chunk) => this.#chunkGradient(flat, prepared, chunk).gradient,
      (flat, { term, layout, fields }) =>
        gradientOf(() => term.loss(flat, layout), flat, fields * this.#weightOf(term)),
    );
  }

  /**
   * The Hessian-vector product: `f32[P]`.
   *
   * @param direction v, `f32[P]`
   * @throws TypeError when the loss of a term has no tangent, an activation no formula, or a custom operation no
   *   tangent; RangeError when a vector does not fit
   */
  hessian(direction: Tensor1D, parameters?: Tensor1D): Tensor1D {
    return tidy(() => this.hessianAndGradient(direction, parameters).product);
  }

  /** As {@link Curvature.hessian}, with the gradient, at no extra cost. */
  hessianAndGradient(direction: Tensor1D, parameters?: Tensor1D): HessianProduct {
    const v = this.#vector('the direction', direction);
    const both = this.#total(
      parameters,
      (flat, prepared, chunk) => this.#chunkHessian(concat1d([flat, v]), prepared, chunk),
      (flat, prepared) =>
        concat1d([
          this.#parameterProduct(flat, v, prepared, 'product'),
          this.#parameterProduct(flat, v, prepared, 'gradient'),
        ]),
    );
    const { size } = this;
    const product: Tensor1D = slice(both, [0], [size]);
    const gradient: Tensor1D = slice(both, [size], [size]);
    both.dispose();
    return { product, gradient };
  }

  /**
   * A parameter term's Hessian-vector product or gradient: the derivative of its directional derivative along v with
   * respect to theta, or to v.
   */
  #parameterProduct(
    flat: Tensor1D,
    v: Tensor1D,
    { term, layout, fields }: PreparedParameters,
    which: keyof HessianProduct,
  ): Tensor1D {
    const { name, tangent } = term;
    if (tangent === undefined)
      throw new TypeError(`curvature: term '${name}' must have a tangent, got none; see ParameterTerm.tangent`);
    return gradientOf(() => tangent(flat, v, layout), which === 'product' ? flat : v, fields * this.#weightOf(term));
  }

  /** The gradient of d/de L(theta + e v) with respect to [theta; v]. */
  #chunkHessian(both: Tensor1D, prepared: PreparedTerm, chunk: TermChunk): Tensor1D {
    const { term } = prepared;
    const network = tangentFor(prepared.network);
    const tangent = tangentOf(term);
    const variables = variablesOf(network, both, term.derivatives);
    const change = (): Tensor => {
      const { jet, tangent: moved } = splitTangent(jetsOf(network, variables, chunk, term.derivatives));
      return shareOf(prepared, chunk, tangent(jet, moved, rowsFor(prepared, chunk)));
    };
    return gradientOf(change, variables, this.#weightOf(term));
  }

  /**
   * The Gauss-Newton-vector product: `f32[P]`. The matrix is J' C J, with the Jacobian J of the jets with respect to
   * the parameters and the second derivatives C of the losses with respect to the jets. It is the Hessian of the
   * objective with the field linearised in its parameters, and positive semidefinite if the losses are convex functions
   * of the jet, e.g. convex penalties of differences from targets; the eikonal loss is not convex.
   *
   * @param direction v, `f32[P]`
   * @throws as {@link Curvature.hessian}
   */
  gaussNewton(direction: Tensor1D, parameters?: Tensor1D): Tensor1D {
    const v = this.#vector('the direction', direction);
    return this.#total(
      parameters,
      (flat, prepared, chunk) => this.#chunkGaussNewton(flat, v, prepared, chunk),
      (flat, prepared) => this.#parameterProduct(flat, v, prepared, 'product'),
    );
  }

  #chunkGaussNewton(flat: Tensor1D, v: Tensor1D, prepared: PreparedTerm, chunk: TermChunk): Tensor1D {
    const { term, network } = prepared;
    const { derivatives } = term;
    const tangent = tangentOf(term);
    const { jet, tangent: moved } = splitTangent(jetsOf(tangentFor(network), concat1d([flat, v]), chunk, derivatives));
    const directional = (): Tensor => shareOf(prepared, chunk, tangent(jet, moved, rowsFor(prepared, chunk)));
    const curvature = engine().gradients(directional, partsOf(jet), scalar(1), true)
      .grads as readonly (Tensor | null)[];
    if (curvature.every(part => part === null)) return zeros([this.size]);
    const variables = variablesOf(network, flat, derivatives);
    const product = (): Tensor =>
      addN(
        partsOf(jetsOf(network, variables, chunk, derivatives)).flatMap((part, index) => {
          const factor = curvature[index];
          return factor ? [sum(mul(part, factor))] : [];
        }),
      );
    return gradientOf(product, variables, this.#weightOf(term));
  }

  /**
   * The gradient as a differentiable function of the parameters, whose backward pass is one Hessian-vector product.
   * With it a step of gradient descent can be differentiated, as in second-order meta-learning (MAML: Finn et al. 2017,
   * arXiv:1703.03400, equation 1):
   *
   *     const adapted = sub(theta, mul(rate, task.differentiableGradient(theta)));
   *
   * @param parameters `f32[P]`
   */
  differentiableGradient(parameters: Tensor1D): Tensor1D {
    const run = customGrad((...given) => {
      const [theta, save] = given as object as [Tensor1D, (tensors: Tensor[]) => void];
      save([theta]);
      return {
        value: this.gradient(theta),
        gradFunc: (upstream: Tensor, [at]: Tensor[]) => this.hessian(upstream as Tensor1D, at as Tensor1D),
      };
    });
    return run(parameters) as Tensor1D;
  }

  /** Disposes of the points. */
  dispose(): void {
    for (const { chunks } of this.#terms)
      for (const { batch } of chunks)
        for (const tensor of [batch.coords, ...Object.values(batch.targets)]) tensor.dispose();
    this.#objective.dispose();
  }
}

/** A chunk's share of the mean over all points; summed over the fields of a batch. */
const shareOf = ({ network }: PreparedTerm, { share }: TermChunk, losses: Tensor): Tensor =>
  mul(mean(losses), share * (isBatchNetwork(network) ? network.count : 1));

/** @throws TypeError when its parameters are not the model's own */
const preparedParameters = (model: Model, term: ParameterTerm): PreparedParameters => {
  const view = term.field === undefined ? onlyOwnView(model.views) : viewOf(model, term.field, term.name);
  if (view?.parameters) throw new TypeError(`curvature: term '${term.name}' must be on the model's own parameters`);
  const layout = view?.network.layout ?? model.layout;
  term.assertLayout(layout);
  return { term, layout, fields: view && isBatchNetwork(view.network) ? view.network.count : 1 };
};

/**
 * Draws the points of an objective once, for its loss, gradient, and Hessian-vector and Gauss-Newton-vector products.
 *
 *     const curvature = createCurvature(field, [term({ points, loss: mse() })]);
 *     const product = curvature.hessian(direction);
 *
 * A Hessian-vector product takes three times the matrix products of a gradient, a Gauss-Newton-vector product twice.
 *
 * @param model a field, or a batch of fields, whose objectives are summed: if they share no parameters, the product
 *   consists of the fields' separate products
 * @param terms point terms and parameter terms
 * @throws RangeError when there is no term, TypeError when a term is on a field whose parameters are not the model's
 *   own, or whose network has statistics over the points of a step
 */
export const createCurvature = (
  model: Model,
  terms: readonly ObjectiveTerm[],
  options: CurvatureOptions = {},
): Curvature => {
  assertOptions('createCurvature', options, { seed: 1, at: 1, chunkSize: 1 });

  if (terms.length === 0) throw new RangeError('createCurvature: needs at least one term, got none');
  return new Curvature(model, terms, options);
};
