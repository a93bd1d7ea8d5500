/** @file Evaluation of a field as a pure function of spec, parameters and coordinates. */
import {
  reshape,
  slice,
  stack,
  Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tidy,
  transpose,
  zeros,
} from '@tensorflow/tfjs-core';
import type { Jet } from '../jets/jet.ts';
import { atAllPoints, type LayerJet } from '../jets/layer-jet.ts';
import { assertRequest, type DerivativePlan, type DerivativeRequest } from '../jets/request.ts';
import type { ParameterLayout } from '../params/layout.ts';
import type { BatchNetwork } from '../spec/batch-network.ts';
import { noExtensions } from '../spec/extensions.ts';
import type { FieldSpec } from '../spec/field-spec.ts';
import type { Extensions } from '../spec/layer.ts';
import { type Network, networkOf } from '../spec/network.ts';
import { type BatchCoords, batchEvaluationOf } from './batch-evaluation.ts';
import { evaluationOf, type NetworkParameters } from './evaluation.ts';

/** The parameters of a field: one flat vector `f32[P]` in the order of its layout, or tensors by name. */
export type FieldParameters = Tensor1D | Readonly<Record<string, Tensor>>;

const describeShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

const assertTensor = (coords: unknown, wanted: string): void => {
  if (coords instanceof Tensor) return;
  const got = Array.isArray(coords) ? 'an array' : ArrayBuffer.isView(coords) ? 'a typed array' : typeof coords;
  throw new TypeError(
    `evaluate: coords must be a tensor ${wanted}, got ${got}; tensor2d of @tensorflow/tfjs-core makes one`,
  );
};

const assertCoords = (coords: Tensor2D, inFeatures: number): void => {
  assertTensor(coords, `[n, ${inFeatures}]`);
  if (coords.rank !== 2 || coords.shape[1] !== inFeatures)
    throw new RangeError(`evaluate: coords must be [n, ${inFeatures}], got ${describeShape(coords.shape)}`);
  if (coords.dtype !== 'float32') throw new TypeError(`evaluate: coords must be float32, got ${coords.dtype}`);
};

const assertBatchCoords = (coords: BatchCoords, count: number, inFeatures: number): void => {
  assertTensor(coords, `[n, ${inFeatures}] or [${count}, n, ${inFeatures}]`);
  const { shape, dtype } = coords;
  const fits = shape.at(-1) === inFeatures && (shape.length === 2 || (shape.length === 3 && shape[0] === count));
  if (!fits)
    throw new RangeError(
      `evaluate: coords must be [n, ${inFeatures}] or [${count}, n, ${inFeatures}], got ${describeShape(shape)}`,
    );
  if (dtype !== 'float32') throw new TypeError(`evaluate: coords must be float32, got ${dtype}`);
};

/** Converts parameters between one flat vector and separate tensors on demand. Call within a tidy. */
export const networkParameters = (layout: ParameterLayout, given: Tensor1D | readonly Tensor[]): NetworkParameters => {
  let flat = given instanceof Tensor ? given : undefined;
  let parts = given instanceof Tensor ? undefined : given;
  return {
    flat: () => (flat ??= layout.join(parts as readonly Tensor[])),
    parts: () => (parts ??= layout.split(flat as Tensor1D)),
  };
};

const assemble = (jet: LayerJet, request: DerivativeRequest, plan: DerivativePlan): Jet<DerivativeRequest> => {
  const [n, outFeatures] = jet.value.shape;
  const forms = jet.second && atAllPoints(jet.second, n);
  const form = (index: number): Tensor2D =>
    forms ? reshape(slice(forms, [index, 0, 0], [1, n, outFeatures]), [n, outFeatures]) : zeros([n, outFeatures]);
  return {
    value: jet.value,
    ...(request.gradient && { gradient: transpose(atAllPoints(jet.first as Tensor3D, n), [1, 0, 2]) }),
    ...(plan.laplacian !== undefined && { laplacian: form(plan.laplacian) }),
    ...(plan.hessian && {
      hessian: stack(
        plan.hessian.map(row => stack(row.map(form), 1)),
        1,
      ),
    }),
    ...(request.second && { second: plan.second.map(form) }),
  } as Jet<DerivativeRequest>;
};

const emptyJet = (
  request: DerivativeRequest,
  { inFeatures: d }: DerivativePlan,
  outFeatures: number,
): Jet<DerivativeRequest> => {
  const empty = (): Tensor2D => zeros([0, outFeatures]);
  return {
    value: empty(),
    ...(request.gradient && { gradient: zeros([0, d, outFeatures]) }),
    ...(request.laplacian && { laplacian: empty() }),
    ...(request.hessian && { hessian: zeros([0, d, d, outFeatures]) }),
    ...(request.second && { second: request.second.map(empty) }),
  } as Jet<DerivativeRequest>;
};

/** The jet of a network; see {@link evaluateJet}. */
export const evaluateNetwork = <const R extends DerivativeRequest>(
  network: Network,
  parameters: Tensor1D | readonly Tensor[],
  coords: Tensor2D,
  request: R,
): Jet<R> => {
  const { program, layout } = network;
  assertCoords(coords, program.inFeatures);
  assertRequest('jet', request);
  const evaluation = evaluationOf(network, request);
  const { plan } = evaluation;
  if (coords.shape[0] === 0) return emptyJet(request, plan, program.outFeatures) as Jet<R>;
  return tidy(() => assemble(evaluation.run(networkParameters(layout, parameters), coords), request, plan) as Jet<R>);
};

/**
 * The jets of many fields, with rows ordered field by field: `value` is `f32[b n, o]`, and so on.
 *
 * @param coords `f32[n, d]` shared by all fields, or `f32[b, n, d]`
 * @throws RangeError or TypeError when the coordinates or the request do not fit
 */
export const evaluateBatchNetwork = <const R extends DerivativeRequest>(
  batch: BatchNetwork,
  parameters: Tensor1D | readonly Tensor[],
  coords: BatchCoords,
  request: R,
): Jet<R> => {
  const { count, layout, program } = batch;
  assertBatchCoords(coords, count, program.inFeatures);
  assertRequest('jet', request);
  const evaluation = batchEvaluationOf(batch, request);
  const { plan } = evaluation;
  if (coords.shape.at(-2) === 0) return emptyJet(request, plan, program.outFeatures) as Jet<R>;
  return tidy(() => assemble(evaluation.run(networkParameters(layout, parameters), coords), request, plan) as Jet<R>);
};

/**
 * Evaluates a field and the requested derivatives at n points in one forward pass. All results are differentiable with
 * respect to the parameters and the coordinates, by one ordinary backward pass.
 *
 * @param parameters flat or by name, with shapes as in `parameterLayout(spec)`; any tensors, e.g. a field's variables,
 *   or the output of another network
 * @param coords `f32[n, inFeatures]`, n may be 0
 * @throws RangeError or TypeError when parameters, coordinates or the request do not fit the spec
 */
export const evaluateJet = <const R extends DerivativeRequest>(
  spec: FieldSpec,
  parameters: FieldParameters,
  coords: Tensor2D,
  request: R,
  extensions: Extensions = noExtensions,
): Jet<R> => {
  const network = networkOf(spec, extensions);
  const given = parameters instanceof Tensor ? (parameters as Tensor1D) : network.layout.pick(parameters);
  return evaluateNetwork(network, given, coords, request);
};

/** The values of a field: `f32[n, outFeatures]`. Otherwise as {@link evaluateJet}. */
export const evaluate = (
  spec: FieldSpec,
  parameters: FieldParameters,
  coords: Tensor2D,
  extensions: Extensions = noExtensions,
): Tensor2D => evaluateJet(spec, parameters, coords, {}, extensions).value;

/**
 * The kinds of operations that the backend in use runs in its fused kernels, and those that it composes of tfjs ops:
 * tells why a network is slow.
 *
 * @throws RangeError or TypeError when the request does not fit the spec
 */
export const executionPlan = (
  spec: FieldSpec,
  request: DerivativeRequest = {},
  extensions: Extensions = noExtensions,
): { readonly fused: readonly string[]; readonly composed: readonly string[] } => {
  assertRequest('describeEvaluation', request);
  return evaluationOf(networkOf(spec, extensions), request).describe();
};
