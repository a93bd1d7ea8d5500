/** @file Directional derivatives of a field's jet with respect to its parameters. */

import { concat1d, slice, Tensor, type Tensor1D, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { evaluateNetwork, type FieldParameters } from '../evaluate/evaluate.ts';
import { evaluationOf } from '../evaluate/evaluation.ts';
import type { Jet } from '../jets/jet.ts';
import type { DerivativeRequest } from '../jets/request.ts';
import { assertOptions } from '../options.ts';
import { noExtensions } from '../spec/extensions.ts';
import type { FieldSpec } from '../spec/field-spec.ts';
import type { Extensions } from '../spec/layer.ts';
import { networkOf } from '../spec/network.ts';
import { tangentNetworkOf } from './tangent-network.ts';

/** A jet, and its derivative d/de along theta + e v, of the same shapes. */
export type JetAndTangent<R extends DerivativeRequest> = {
  readonly jet: Jet<R>;
  readonly tangent: Jet<R>;
};

type AnyPart = Tensor | readonly Tensor[] | undefined;

/** Half of the features of every part of a jet. */
const halfOf = <R extends DerivativeRequest>(jet: Jet<R>, which: 0 | 1): Jet<R> => {
  const half = (x: Tensor): Tensor => {
    const features = (x.shape.at(-1) as number) / 2;
    return slice(x, [...x.shape.slice(1).map(() => 0), which * features], [...x.shape.slice(0, -1), features]);
  };
  return Object.fromEntries(
    Object.entries(jet as Readonly<Record<string, AnyPart>>).map(([name, part]) => [
      name,
      part instanceof Tensor ? half(part) : part?.map(half),
    ]),
  ) as Jet<R>;
};

/** The two halves of the jet of a tangent network. Call within a tidy. */
export const splitTangent = <R extends DerivativeRequest>(both: Jet<R>): JetAndTangent<R> => ({
  jet: halfOf(both, 0),
  tangent: halfOf(both, 1),
});

/**
 * A field's jet at n points, and its Jacobian-vector product with respect to the parameters: d/de jet(theta + e v), for
 * the value and all requested derivatives, in one forward pass. Both are differentiable with respect to parameters,
 * direction and coordinates.
 *
 * (The vector-Jacobian product J' u is the ordinary gradient of sum(jet u) through `evaluateJet`.)
 *
 * @param parameters flat `f32[P]` or by name, as in `evaluateJet`
 * @param direction likewise
 * @param coords `f32[n, inFeatures]`
 * @throws RangeError or TypeError when an argument does not fit the spec; TypeError when an activation has no formula,
 *   or a custom operation no tangent
 */
export const jetTangent = <const R extends DerivativeRequest>(
  spec: FieldSpec,
  options: { readonly parameters: FieldParameters; readonly direction: FieldParameters },
  coords: Tensor2D,
  request: R,
  extensions: Extensions = noExtensions,
): JetAndTangent<R> => {
  assertOptions('jetTangent', options, { parameters: 1, direction: 1 });
  const { parameters, direction } = options;

  const network = networkOf(spec, extensions);
  const { layout } = network;
  return tidy(() => {
    const flat = (given: FieldParameters): Tensor1D => {
      if (!(given instanceof Tensor)) return layout.join(layout.pick(given));
      if (given.size !== layout.size)
        throw new RangeError(
          `jetTangent: parameters and direction must be [${layout.size}], got [${given.shape.join(', ')}]`,
        );
      return given as Tensor1D;
    };
    const both = evaluateNetwork(
      tangentNetworkOf(network),
      concat1d([flat(parameters), flat(direction)]),
      coords,
      request,
    );
    return splitTangent(both);
  });
};

/**
 * The kinds of operations of {@link jetTangent} (and of Hessian-vector products) that the backend in use runs in its
 * fused kernels, and those that it composes of tfjs ops.
 *
 * @throws as {@link jetTangent}
 */
export const tangentExecutionPlan = (
  spec: FieldSpec,
  request: DerivativeRequest = {},
  extensions: Extensions = noExtensions,
): { readonly fused: readonly string[]; readonly composed: readonly string[] } =>
  evaluationOf(tangentNetworkOf(networkOf(spec, extensions)), request).describe();
