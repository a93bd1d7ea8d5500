/**
 * @file Evaluation of a field as a pure function of spec, parameters and coordinates: in ordinary tfjs ops, which run on any backend, or by the
 * backend's own fused kernel where it has one that takes the network.
 */
import {
  broadcastTo,
  eye,
  reshape,
  slice,
  stack,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tidy,
  transpose,
  zeros,
} from '@tensorflow/tfjs-core';
import '#gradients';
import { fusedJet, fusedLayers } from '../kernels/field-jet.ts';
import type { LayerJet } from '../layers/layer.ts';
import { type Extensions, noExtensions } from '../spec/extensions.ts';
import { type FieldSpec, type ResolvedLayer, resolveLayers } from '../spec/spec.ts';
import type { Jet } from './jet.ts';
import { type DerivativePlan, type DerivativeRequest, planDerivatives } from './request.ts';

/** The parameters of a field by name, in the order of `parameterShapes(spec)`. */
export type FieldParameters = Readonly<Record<string, Tensor>>;

const describeShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

const assertCoords = (coords: Tensor2D, inFeatures: number): void => {
  if (coords.rank !== 2 || coords.shape[1] !== inFeatures)
    throw new RangeError(`evaluate: coords must be [n, ${inFeatures}], got ${describeShape(coords.shape)}`);
  if (coords.dtype !== 'float32') throw new TypeError(`evaluate: coords must be float32, got ${coords.dtype}`);
};

/** The parameters of one layer by their names within it. @throws RangeError when one is missing or has another shape */
export const layerParameters = (layer: ResolvedLayer, index: number, parameters: FieldParameters): Record<string, Tensor> =>
  Object.fromEntries(
    layer.parameters.map(({ name, shape }) => {
      const tensor = parameters[name];
      if (tensor === undefined) throw new RangeError(`evaluate: parameter '${name}' is missing`);
      if (describeShape(tensor.shape) !== describeShape(shape))
        throw new RangeError(`evaluate: parameter '${name}' must be ${describeShape(shape)}, got ${describeShape(tensor.shape)}`);
      return [name.slice(`layers.${index}.`.length), tensor];
    }),
  );

/** The jet of the coordinates themselves: unit first derivatives, the same at all points, and no second ones. */
const coordinateJet = (coords: Tensor2D, { inFeatures, order }: DerivativePlan): LayerJet => ({
  value: coords,
  ...(order >= 1 && { first: reshape(eye(inFeatures), [inFeatures, 1, inFeatures]) }),
});

/** The jet behind the given layers, in ordinary tfjs ops. Without a layer, the coordinates alone: a kernel that takes them knows their derivatives. */
export const composedJet = (
  layers: readonly ResolvedLayer[],
  parameters: readonly Readonly<Record<string, Tensor>>[],
  coords: Tensor2D,
  plan: DerivativePlan,
  extensions: Extensions,
): LayerJet => {
  if (layers.length === 0) return { value: coords };
  const { forms } = plan;
  let jet = coordinateJet(coords, plan);
  for (const [index, { definition, spec }] of layers.entries())
    jet = definition.jet(jet, {
      spec,
      parameters: parameters[index] as Readonly<Record<string, Tensor>>,
      extensions,
      ...(forms && { forms }),
    });
  return jet;
};

/** `f32[k, n or 1, o]` with all n points. */
const atAllPoints = (x: Tensor3D, n: number): Tensor3D => (x.shape[1] === n ? x : broadcastTo(x, [x.shape[0], n, x.shape[2]]));

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

const emptyJet = (request: DerivativeRequest, plan: DerivativePlan, outFeatures: number): Jet<DerivativeRequest> => {
  const d = plan.inFeatures;
  const empty = (): Tensor2D => zeros([0, outFeatures]);
  return {
    value: empty(),
    ...(request.gradient && { gradient: zeros([0, d, outFeatures]) }),
    ...(request.laplacian && { laplacian: empty() }),
    ...(request.hessian && { hessian: zeros([0, d, d, outFeatures]) }),
    ...(request.second && { second: request.second.map(empty) }),
  } as Jet<DerivativeRequest>;
};

/**
 * Evaluates a field and the requested derivatives at n points in one forward pass. Gradients with respect to the parameters and the
 * coordinates flow through all results, with one ordinary reverse pass.
 *
 * @param parameters by name, shapes as in `parameterShapes(spec)`; any tensors: a field's variables, or the output of another network
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
  assertCoords(coords, spec.inFeatures);
  const plan = planDerivatives(request, spec.inFeatures);
  const layers = resolveLayers(spec, extensions);
  if (coords.shape[0] === 0) return emptyJet(request, plan, (layers.at(-1) as ResolvedLayer).outFeatures) as Jet<R>;
  const given = layers.map((layer, index) => layerParameters(layer, index, parameters));
  const fused = fusedLayers(layers, plan, extensions);
  return tidy(() => {
    const composed = composedJet(layers.slice(0, fused?.start), given, coords, plan, extensions);
    const jet = fused ? fusedJet(fused.network, composed, given.slice(fused.start).flatMap(Object.values)) : composed;
    return assemble(jet, request, plan) as Jet<R>;
  });
};

/** The values of a field alone: `f32[n, outFeatures]`. Otherwise as {@link evaluateJet}. */
export const evaluate = (
  spec: FieldSpec,
  parameters: FieldParameters,
  coords: Tensor2D,
  extensions: Extensions = noExtensions,
): Tensor2D => evaluateJet(spec, parameters, coords, {}, extensions).value;
