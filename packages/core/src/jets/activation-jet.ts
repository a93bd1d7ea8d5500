/**
 * @file The chain rule of activations for jets, with its backward pass in closed form.
 *
 *     h0 = s(z0)        h1_k = s'(z0) z1_k        h2_j = s'(z0) z2_j + s''(z0) q_j        q_j = sum_kl A_jkl z1_k z1_l
 *
 * (the chain rule; Li et al. 2023, arXiv:2307.08214, and Dangel et al. 2025, arXiv:2505.13644, for the collapsed sum),
 * and with g the derivatives of the loss with respect to the outputs
 *
 *     dz2_j = s' g2_j        dz1_k = s' g1_k + 2 s'' sum_jl A_jkl g2_j z1_l
 *     dz0   = s' g0 + s'' (sum_k z1_k g1_k + sum_j z2_j g2_j) + s''' sum_j q_j g2_j
 *
 * It is one tfjs kernel with several outputs, composed of ordinary ops, so it runs on every backend. The derivatives of
 * s are outputs too, because a kernel's gradient can reuse only its inputs and outputs.
 */
import {
  add,
  addN,
  engine,
  type GradFunc,
  getBackend,
  getKernel,
  type KernelFunc,
  mul,
  type NamedAttrMap,
  type NamedTensorMap,
  registerGradient,
  registerKernel,
  scalar,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  tidy,
} from '@tensorflow/tfjs-core';
import type { ActivationDefinition, ActivationParameters, DerivativeOrder } from '../activations/activation.ts';
import type { LayerJet } from './layer-jet.ts';
import { quadraticForms, quadraticFormsBackward } from './quadratic-forms.ts';
import type { SecondOrderForms } from './request.ts';

const KERNEL = 'NeuralFieldsActivationJet';

/** The kernel's attributes. Its inputs are z0, then z1 and z2 where they are present, then the parameters. */
interface ActivationJetAttributes {
  readonly definition: ActivationDefinition;
  /** The parameters' names, in the order of the inputs. */
  readonly names: readonly string[];
  readonly learnable: readonly string[];
  readonly hasFirst: boolean;
  readonly hasSecond: boolean;
  /** Present when second-order forms of the output are requested. */
  readonly forms?: SecondOrderForms;
  /**
   * The number of derivatives of s to compute: those that the outputs need, and one more when a backward pass will
   * follow.
   */
  readonly order: DerivativeOrder;
}

/** Sums over the points where the input was broadcast over them. */
const reduceLike = (gradient: Tensor, input: Tensor): Tensor =>
  input.shape[1] === gradient.shape[1] ? gradient : sum(gradient, 1, true);

const readInputs = (
  inputs: readonly Tensor[],
  { hasFirst, hasSecond, names }: ActivationJetAttributes,
): { z0: Tensor; z1?: Tensor; z2?: Tensor; parameters: ActivationParameters } => {
  const [z0, z1, z2] = inputs as [Tensor, Tensor, Tensor];
  const firstParameter = 1 + Number(hasFirst) + Number(hasSecond);
  const parameters = Object.fromEntries(names.map((name, index) => [name, inputs[firstParameter + index] as Tensor]));
  return { z0, parameters, ...(hasFirst && { z1 }), ...(hasSecond && { z2 }) };
};

const forward: KernelFunc = ({ inputs, attrs }) => {
  const attributes = attrs as object as ActivationJetAttributes;
  const { z0, z1, z2, parameters } = readInputs(inputs as object as Tensor[], attributes);
  return tidy(() => {
    const s = attributes.definition.derivatives(z0, parameters, attributes.order) as [Tensor, Tensor, Tensor, Tensor];
    const outputs = [s[0]];
    if (z1) outputs.push(mul(s[1], z1));
    if (z1 && attributes.forms) {
      const curvature = mul(s[2], quadraticForms(z1, attributes.forms));
      outputs.push(z2 ? add(mul(s[1], z2), curvature) : curvature);
    }
    return [...outputs, ...s.slice(1)];
  });
};

const backward: GradFunc = (upstream, saved, attrs) => {
  const attributes = attrs as object as ActivationJetAttributes;
  const { definition, names, learnable, forms } = attributes;
  const inputCount = 1 + Number(attributes.hasFirst) + Number(attributes.hasSecond) + names.length;
  const outputCount = 1 + Number(attributes.hasFirst) + Number(forms !== undefined);
  const { z0, z1, z2, parameters } = readInputs(saved, attributes);
  const outputs = saved.slice(inputCount);
  const s = [outputs[0], ...outputs.slice(outputCount)] as [Tensor, Tensor, Tensor, Tensor];
  const [g0, g1, g2] = (Array.isArray(upstream) ? upstream.slice(0, outputCount) : [upstream]) as [
    Tensor,
    Tensor?,
    Tensor?,
  ];
  const gradients = tidy(() => {
    const q = z1 && g2 && forms ? quadraticForms(z1, forms) : undefined;
    const parts = [mul(s[1], g0)];
    if (z1 && g1) parts.push(mul(s[2], sum(mul(z1, g1), 0)));
    if (z2 && g2) parts.push(mul(s[2], sum(mul(z2, g2), 0)));
    if (q && g2) parts.push(mul(s[3], sum(mul(q, g2), 0)));
    const result: Tensor[] = [addN(parts)];
    if (z1 && g1) {
      const direct = mul(s[1], g1);
      result.push(reduceLike(g2 && forms ? add(direct, quadraticFormsBackward(z1, forms, mul(s[2], g2))) : direct, z1));
    }
    if (z2 && g2) result.push(reduceLike(mul(s[1], g2), z2));
    for (const name of names) {
      if (!learnable.includes(name)) {
        result.push(scalar(0));
        continue;
      }
      if (definition.parameterDerivatives === undefined)
        throw new TypeError(
          `activation '${definition.kind}': the parameter '${name}' has no derivative, so it cannot be learned`,
        );
      const [p0, p1, p2] = definition.parameterDerivatives(name, z0, parameters, s) as [Tensor, Tensor?, Tensor?];
      const terms = [sum(mul(p0, g0))];
      if (z1 && g1 && p1) terms.push(sum(mul(mul(p1, z1), g1)));
      if (z2 && g2 && p1) terms.push(sum(mul(mul(p1, z2), g2)));
      if (q && g2 && p2) terms.push(sum(mul(mul(p2, q), g2)));
      result.push(addN(terms));
    }
    return result;
  });
  return Object.fromEntries(gradients.map((gradient, index) => [String(index), () => gradient]));
};

registerGradient({
  kernelName: KERNEL,
  saveAllInputs: true,
  outputsToSave: [true, true, true, true, true, true],
  gradFunc: backward,
});

/** The options of {@link activationJet}. */
export interface ActivationJetOptions {
  readonly parameters: ActivationParameters;
  /** The parameters whose derivatives the backward pass computes. */
  readonly learnable: readonly string[];
  readonly forms?: SecondOrderForms;
}

/** Applies an activation to the jet of its pre-activations; shapes as in {@link LayerJet}. */
export const activationJet = (
  input: LayerJet,
  definition: ActivationDefinition,
  { parameters, learnable, forms }: ActivationJetOptions,
): LayerJet => {
  const backendName = getBackend();
  if (getKernel(KERNEL, backendName) === undefined)
    registerKernel({ kernelName: KERNEL, backendName, kernelFunc: forward });
  const names = Object.keys(parameters);
  const carried = input.first ? (forms ? 2 : 1) : 0;
  const attributes: ActivationJetAttributes = {
    definition,
    names,
    learnable,
    hasFirst: input.first !== undefined,
    hasSecond: input.second !== undefined,
    order: (engine().isTapeOn() ? carried + 1 : carried) as DerivativeOrder,
    ...(forms && { forms }),
  };
  const inputs = [
    input.value,
    ...(input.first ? [input.first] : []),
    ...(input.second ? [input.second] : []),
    ...names.map(name => parameters[name] as Tensor),
  ];
  // tfjs passes lists of inputs and attributes through unchanged; only its types do not allow them.
  const outputs = engine().runKernel(
    KERNEL,
    inputs as object as NamedTensorMap,
    attributes as object as NamedAttrMap,
  ) as Tensor[] | Tensor;
  const [value, first, second] = (Array.isArray(outputs) ? outputs : [outputs]) as [Tensor2D, Tensor3D, Tensor3D];
  return { value, ...(carried >= 1 && { first }), ...(carried >= 2 && { second }) };
};
