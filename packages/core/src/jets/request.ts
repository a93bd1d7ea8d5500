/** @file Requests for derivatives, and the second-order forms that they need. */
import { assertOptions } from '../options.ts';

/**
 * A second-order operator sum_kl A_kl d2/dx_k dx_l: either the d weights of a diagonal one (`[1, 1]` is the Laplacian
 * in 2D, `[1, 0]` is d2/dx_0^2), or a symmetric `[d][d]` matrix A.
 */
export type SecondOrderForm = readonly number[] | readonly (readonly number[])[];

/** The derivatives of a field to compute besides its value. */
export interface DerivativeRequest {
  /** The first derivatives along every coordinate. */
  readonly gradient?: boolean;
  /** The sum of the second derivatives along every coordinate. */
  readonly laplacian?: boolean;
  /** All second derivatives. */
  readonly hessian?: boolean;
  /** Any second-order forms. */
  readonly second?: readonly SecondOrderForm[];
}

/** @throws TypeError when something else is asked for, e.g. `hesian` */
export const assertRequest = (name: string, request: DerivativeRequest): void =>
  assertOptions(name, request, { gradient: 1, laplacian: 1, hessian: 1, second: 1 });

/**
 * Forms as they are propagated through the layers: form j is the sum over p of `weights[j][p]` d2/dx_k dx_l with (k, l)
 * = `pairs[p]`, k <= l.
 */
export interface SecondOrderForms {
  readonly pairs: readonly (readonly [number, number])[];
  readonly weights: readonly (readonly number[])[];
}

/** What is propagated besides the value of each feature. */
export interface JetShape {
  /** d, the number of coordinates. */
  readonly inFeatures: number;
  /** 0: the value alone; 1: first derivatives; 2: second-order forms as well. */
  readonly order: 0 | 1 | 2;
  /** Present for order 2. */
  readonly forms?: SecondOrderForms;
}

/** A request in terms of the forms to propagate. */
export interface DerivativePlan extends JetShape {
  /** The index of the form that gives the Laplacian. */
  readonly laplacian?: number;
  /** `hessian[k][l]` is a form's index. */
  readonly hessian?: readonly (readonly number[])[];
  readonly second: readonly number[];
}

const isMatrix = (form: SecondOrderForm): form is readonly (readonly number[])[] => Array.isArray(form[0]);

/** The full symmetric matrix of a form. */
const formMatrix = (form: SecondOrderForm, inFeatures: number): readonly (readonly number[])[] => {
  const describe = (): string => JSON.stringify(form);
  if (form.length !== inFeatures)
    throw new RangeError(
      `derivatives.second: a form must have ${inFeatures} weights or be ${inFeatures} x ${inFeatures}, as the field has ${inFeatures} coordinates, got ${describe()}`,
    );
  if (!isMatrix(form)) {
    if (!form.every(Number.isFinite))
      throw new RangeError(`derivatives.second: weights must be finite numbers, got ${describe()}`);
    return (form as readonly number[]).map((weight, k) => form.map((_, l) => (k === l ? weight : 0)));
  }
  for (const [k, row] of form.entries()) {
    if (!Array.isArray(row) || row.length !== inFeatures || !row.every(Number.isFinite))
      throw new RangeError(
        `derivatives.second: row ${k} must be ${inFeatures} finite numbers, got ${JSON.stringify(row)}`,
      );
    for (const [l, weight] of row.entries())
      if (weight !== form[l]?.[k])
        throw new RangeError(`derivatives.second: a matrix form must be symmetric, got ${describe()}`);
  }
  return form;
};

/**
 * Plans the forms to propagate through the layers for a request.
 *
 * @throws RangeError when a form does not fit the number of coordinates
 */
export const planDerivatives = (request: DerivativeRequest, inFeatures: number): DerivativePlan => {
  const matrices: (readonly (readonly number[])[])[] = [];
  const carry = (matrix: readonly (readonly number[])[]): number => {
    const key = JSON.stringify(matrix);
    const known = matrices.findIndex(other => JSON.stringify(other) === key);
    return known >= 0 ? known : matrices.push(matrix) - 1;
  };
  const axes = Array.from({ length: inFeatures }, (_, k) => k);
  const second = (request.second ?? []).map(form => carry(formMatrix(form, inFeatures)));
  const laplacian = request.laplacian ? carry(axes.map(k => axes.map(l => (k === l ? 1 : 0)))) : undefined;
  // d2/dx_k dx_l is the symmetric form with one half in each of its two entries.
  const unit = (i: number, j: number): number[][] =>
    axes.map(k => axes.map(l => ((k === i && l === j ? 1 : 0) + (k === j && l === i ? 1 : 0)) / 2));
  const hessian = request.hessian ? axes.map(k => axes.map(l => carry(unit(k, l)))) : undefined;
  if (matrices.length === 0) return { inFeatures, order: request.gradient ? 1 : 0, second };
  const pairs = axes
    .flatMap(k => axes.slice(k).map(l => [k, l] as const))
    .filter(([k, l]) => matrices.some(matrix => matrix[k]?.[l] !== 0));
  const weights = matrices.map(matrix => pairs.map(([k, l]) => (matrix[k]?.[l] as number) * (k === l ? 1 : 2)));
  return {
    inFeatures,
    order: 2,
    forms: { pairs, weights },
    second,
    ...(laplacian !== undefined && { laplacian }),
    ...(hessian !== undefined && { hessian }),
  };
};

/** A key that is equal for equal requests. */
export const requestKey = ({ gradient, laplacian, hessian, second = [] }: DerivativeRequest): string =>
  `${Number(gradient ?? false)}${Number(laplacian ?? false)}${Number(hessian ?? false)} ${second.join(';')}`;
