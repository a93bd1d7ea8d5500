/**
 * @file Second derivatives of an objective with respect to the parameters, as products with vectors.
 *
 * With the tangent jet' = J v of `jet-tangent.ts` and a loss l, both products are ordinary reverse passes:
 *
 *     H v = d/dtheta <dl/djet, jet'>          where d/dv of the same number is the gradient
 *     G v = J' (d2l/djet2 jet')
 *
 * (Pearlmutter 1994, "Fast Exact Multiplication by the Hessian"; Schraudolph 2002, "Fast Curvature Matrix-Vector Products for Second-Order Gradient Descent".)
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
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import { evaluateNetwork } from '../evaluate/evaluate.ts';
import { evaluationOf } from '../evaluate/evaluation.ts';
import type { Field } from '../field.ts';
import { tangentOfDescription } from '../fit/loss-of-description.ts';
import { defaultChunkSize, Objective } from '../fit/objective.ts';
import type { FitStep } from '../fit/points.ts';
import { type TensorBatch, type Term, weightFactorAt } from '../fit/term.ts';
import type { Jet } from '../jets/jet.ts';
import type { DerivativeRequest } from '../jets/request.ts';
import { createRng } from '../random.ts';
import { type Network, networkOf } from '../spec/network.ts';
import { apart } from './apart.ts';
import { splitTangent } from './jet-tangent.ts';
import { tangentNetworkOf } from './tangent-network.ts';

/** The options of {@link createCurvature}. */
export interface CurvatureOptions {
  /** Of the points that are drawn; 0 if absent. */
  readonly seed?: number;
  /** For which step of a fit the points are drawn and the terms weighed; the first of one if absent. */
  readonly at?: FitStep;
  /** Points that are worked on at a time. Memory does not grow with their number beyond it. */
  readonly chunkSize?: number;
}

/** A product with the Hessian, and the gradient, which comes with it. */
export interface HessianProduct {
  /** H v, `f32[P]` */
  readonly product: Tensor1D;
  /** `f32[P]` */
  readonly gradient: Tensor1D;
}

/** Some points of a term, and their part of all of its points. */
interface Chunk {
  readonly batch: TensorBatch;
  readonly share: number;
}

/** The tangent network holds about three times what the network does. */
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

/** All tensors of a jet. */
const partsOf = (jet: object): Tensor[] => Object.values(jet as Readonly<Record<string, Tensor | Tensor[]>>).flat();

/** The gradient with respect to one or several tensors as one vector; zeros where nothing depends on them. */
const gradientOf = (f: () => Tensor, by: readonly Tensor[], upstream: number): Tensor1D => {
  if (by.length === 0) return zeros([0]);
  const { grads } = engine().gradients(f, [...by], scalar(upstream), true);
  return concat1d(
    grads.map((part: Tensor | null, index): Tensor1D => {
      const { size } = by[index] as Tensor;
      return part ? reshape(part, [size]) : zeros([size]);
    }),
  );
};

/**
 * An objective near some parameters: its loss, gradient, and products with its Hessian and its Gauss-Newton matrix. It owns the points until
 * {@link Curvature.dispose}. Results are the caller's.
 *
 * All methods take the parameters at which they look as `f32[P]`; where absent, the present ones of the field. Gradients do not flow through them, but for
 * {@link Curvature.differentiableGradient}.
 */
export class Curvature {
  readonly #field: Field;
  readonly #network: Network;
  readonly #objective: Objective;
  readonly #at: FitStep;
  readonly #chunks: readonly { readonly term: Term; readonly chunks: readonly Chunk[] }[];

  /** Use {@link createCurvature}. */
  constructor(field: Field, terms: readonly Term[], { seed = 0, at = { step: 1, steps: 1 }, chunkSize }: CurvatureOptions) {
    this.#field = field;
    this.#network = networkOf(field.spec, field.extensions);
    this.#at = at;
    const size = chunkSize ?? Math.max(64, Math.floor(defaultChunkSize(field, terms) / TANGENT_COST));
    this.#objective = new Objective(field, size);
    const rng = createRng(seed).fork(at.step - 1);
    const kept = <T extends Tensor>(tensor: T): T => keep(clone(tensor));
    this.#chunks = terms.map((term, index) => ({
      term,
      chunks: Array.from(this.#objective.chunks(term, { ...at, rng: rng.fork(index) }), ({ batch, share }): Chunk => {
        const targets = Object.entries(batch.targets).map(([name, target]) => [name, kept(target)]);
        return { batch: { coords: kept(batch.coords), targets: Object.fromEntries(targets) }, share };
      }),
    }));
  }

  /** P, the length of all vectors. */
  get size(): number {
    return this.#field.parameterCount;
  }

  #vector(what: string, given: Tensor1D): Tensor1D {
    if (given.rank !== 1 || given.size !== this.size)
      throw new RangeError(`curvature: ${what} must be [${this.size}], got [${given.shape.join(', ')}]`);
    return given;
  }

  /** Adds up what each chunk of each term gives. */
  #total<T extends Tensor>(parameters: Tensor1D | undefined, part: (flat: Tensor1D, term: Term, chunk: Chunk) => T): T {
    return apart(() =>
      tidy(() => {
        const flat = parameters
          ? this.#vector('the parameters', parameters)
          : this.#field.layout.join(Object.values(this.#field.parameters));
        let total: T | undefined;
        for (const { term, chunks } of this.#chunks)
          for (const chunk of chunks) {
            const next = tidy(() => {
              const own = part(flat, term, chunk);
              return total ? (add(total, own) as T) : own;
            });
            total?.dispose();
            total = next;
          }
        return total as T;
      }),
    );
  }

  #weightOf(term: Term): number {
    return term.weight * weightFactorAt(term, this.#at);
  }

  #chunkGradient(flat: Tensor1D, term: Term, chunk: Chunk): { readonly loss: Scalar; readonly gradient: Tensor1D } {
    return this.#objective.chunkGradient(term, chunk, { flat, at: this.#at });
  }

  /** The weighted sum of the terms' mean losses: `f32[]`. */
  loss(parameters?: Tensor1D): Scalar {
    return this.#total(parameters, (flat, term, chunk) => mul(this.#chunkGradient(flat, term, chunk).loss, this.#weightOf(term)));
  }

  /** Its gradient: `f32[P]`. */
  gradient(parameters?: Tensor1D): Tensor1D {
    return this.#total(parameters, (flat, term, chunk) => this.#chunkGradient(flat, term, chunk).gradient);
  }

  /**
   * The product of its Hessian with a vector: `f32[P]`.
   *
   * @param direction v, `f32[P]`
   * @throws TypeError when the loss of a term has no tangent, an activation no formula, or a custom operation no tangent; RangeError when a vector does not fit
   */
  hessian(direction: Tensor1D, parameters?: Tensor1D): Tensor1D {
    return tidy(() => this.hessianAndGradient(direction, parameters).product);
  }

  /** As {@link Curvature.hessian}, with the gradient, which costs nothing more. */
  hessianAndGradient(direction: Tensor1D, parameters?: Tensor1D): HessianProduct {
    const v = this.#vector('the direction', direction);
    const both = this.#total(parameters, (flat, term, chunk) => this.#chunkHessian(concat1d([flat, v]), term, chunk));
    const { size } = this;
    const product: Tensor1D = slice(both, [0], [size]);
    const gradient: Tensor1D = slice(both, [size], [size]);
    both.dispose();
    return { product, gradient };
  }

  #chunkHessian(both: Tensor1D, term: Term, { batch, share }: Chunk): Tensor1D {
    const network = tangentNetworkOf(this.#network);
    const { derivatives } = term;
    const tangent = tangentOf(term);
    // A kernel that takes all of the network takes the flat vector; tfjs ops take its parts.
    const given = evaluationOf(network, derivatives).isFused ? both : network.layout.split(both);
    const change = (): Tensor => {
      const { jet, tangent: moved } = splitTangent(evaluateNetwork(network, given, batch.coords, derivatives));
      return mul(mean(tangent(jet, moved, batch)), share);
    };
    return gradientOf(change, given instanceof Tensor ? [given] : given, this.#weightOf(term));
  }

  /**
   * The product of its Gauss-Newton matrix with a vector: `f32[P]`. The matrix is J' C J, with the Jacobian J of the jets with respect to the parameters and the
   * second derivatives C of the losses with respect to the jets. It is the Hessian of the objective with the field made linear in its parameters. It is positive
   * semidefinite where the losses are convex functions of the jet, as penalties of differences to targets are; |grad Phi| - 1 in an eikonal loss is no such
   * difference.
   *
   * @param direction v, `f32[P]`
   * @throws as {@link Curvature.hessian}
   */
  gaussNewton(direction: Tensor1D, parameters?: Tensor1D): Tensor1D {
    const v = this.#vector('the direction', direction);
    return this.#total(parameters, (flat, term, chunk) => this.#chunkGaussNewton(flat, v, term, chunk));
  }

  #chunkGaussNewton(flat: Tensor1D, v: Tensor1D, term: Term, { batch, share }: Chunk): Tensor1D {
    const network = this.#network;
    const { derivatives } = term;
    const { coords } = batch;
    const tangent = tangentOf(term);
    const { jet, tangent: moved } = splitTangent(
      evaluateNetwork(tangentNetworkOf(network), concat1d([flat, v]), coords, derivatives),
    );
    const leaves = partsOf(jet);
    const curvature = engine().gradients(() => mul(mean(tangent(jet, moved, batch)), share), leaves, scalar(1), true)
      .grads as readonly (Tensor | null)[];
    if (curvature.every(part => part === null)) return zeros([this.size]);
    const given = evaluationOf(network, derivatives).isFused ? flat : network.layout.split(flat);
    const product = (): Tensor => {
      const parts = partsOf(evaluateNetwork(network, given, coords, derivatives) as Jet<DerivativeRequest>);
      return addN(
        parts.flatMap((part, index) => {
          const factor = curvature[index];
          return factor ? [sum(mul(part, factor))] : [];
        }),
      );
    };
    return gradientOf(product, given instanceof Tensor ? [given] : given, this.#weightOf(term));
  }

  /**
   * The gradient as a function of the parameters through which gradients flow: the derivative of what is made of it takes one product with the Hessian. A step of
   * gradient descent is differentiated so, as second-order meta-learning does (MAML: Finn et al. 2017, arXiv:1703.03400, equation 1):
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

  /** Frees the points. */
  dispose(): void {
    for (const { chunks } of this.#chunks)
      for (const { batch } of chunks) for (const tensor of [batch.coords, ...Object.values(batch.targets)]) tensor.dispose();
    this.#objective.dispose();
  }
}

/**
 * Draws the points of an objective once, and gives its loss, gradient, and products with its Hessian and its Gauss-Newton matrix there.
 *
 *     const curvature = createCurvature(field, [term({ points, loss: mse() })]);
 *     const product = curvature.hessian(direction);
 *
 * A product with the Hessian takes about three times as long as a gradient, one with the Gauss-Newton matrix twice.
 *
 * @throws RangeError when there is no term
 */
export const createCurvature = (field: Field, terms: readonly Term[], options: CurvatureOptions = {}): Curvature => {
  if (terms.length === 0) throw new RangeError('createCurvature: needs at least one term, got none');
  return new Curvature(field, terms, options);
};
