/**
 * @file A pointwise loss of a chain of dense layers, and its gradient, as one tfjs kernel: the forward pass, the loss and the reverse of both, tile by
 * tile, without the outputs ever leaving the kernel. The fit loop takes it where a term's loss is described as data and the backend has the
 * kernel; all else goes through the field jet and ordinary tfjs ops.
 */
import {
  engine,
  getBackend,
  getKernel,
  type KernelFunc,
  type NamedAttrMap,
  type NamedTensorMap,
  registerKernel,
  type Scalar,
  type Tensor1D,
  type TensorInfo,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Field } from '../field.ts';
import type { PointwiseLoss, PointwisePenalty } from '../fit/pointwise-loss.ts';
import type { TensorBatch } from '../fit/term.ts';
import { composedJet } from '../jets/evaluate.ts';
import { type DerivativePlan, type DerivativeRequest, planDerivatives } from '../jets/request.ts';
import { resolveLayers } from '../spec/spec.ts';
import { assertFieldLossInputs } from './assert-inputs.ts';
import { type FieldJetNetwork, fusedInput, fusedLayers } from './field-jet.ts';

const KERNEL = 'NeuralFieldsFieldLoss';

/** What is penalised in one block `[n, o]` of the jet's outputs. */
export interface FieldLossBlock {
  /** 0 where nothing is. */
  readonly factor: number;
  /** The columns `column` ... `column + o - 1` of one of the targets; zeros if absent. */
  readonly target?: { readonly index: number; readonly column: number };
}

/** What the kernel is asked to work out: its attributes. */
export interface FieldLoss {
  readonly network: FieldJetNetwork;
  /** One for each block: the value, the first derivatives, the second-order forms. */
  readonly blocks: readonly FieldLossBlock[];
  readonly penalty: PointwisePenalty;
  /** Which of the targets multiplies the penalties, `f32[n, 1]` or `f32[n, o]`; none if absent. */
  readonly weight?: number;
  /** The factor on the sum of the penalties of all points and outputs. */
  readonly lossScale: number;
  /** The factor on its gradient. */
  readonly gradientScale: number;
}

/**
 * Registers a backend's kernel. Inputs, a list: coords `f32[n, inFeatures]` with n > 0 or an encoding's jet as in a field jet, the parameters as one vector `f32[P]` in the order of the
 * layers (weight, bias, learnable parameters of the activation), the targets, each `f32[n, k]`. Attributes: a {@link FieldLoss}, whose network is
 * one that the backend's field jet supports. Outputs: the loss `f32[]`, and its gradient with respect to the parameters, `f32[P]`.
 * The kernel may trust its inputs: they are checked before.
 */
export const registerFieldLossKernel = (backendName: string, kernelFunc: KernelFunc): void =>
  registerKernel({
    kernelName: KERNEL,
    backendName,
    kernelFunc: args => {
      assertFieldLossInputs(args.attrs as object as FieldLoss, args.inputs as object as TensorInfo[]);
      return kernelFunc(args);
    },
  });

/** The first of the blocks of a part of the jet, and how many they are; `undefined` where the plan has no such part. */
const blocksOf = (
  part: 'value' | 'gradient' | 'laplacian',
  { inFeatures, order, laplacian }: DerivativePlan,
): { readonly first: number; readonly count: number } | undefined => {
  if (part === 'value') return { first: 0, count: 1 };
  if (part === 'gradient') return order >= 1 ? { first: 1, count: inFeatures } : undefined;
  return laplacian === undefined ? undefined : { first: 1 + inFeatures + laplacian, count: 1 };
};

/** The blocks of a loss; `undefined` where the batch or the jet lack what it needs, or have it in another shape. */
const planBlocks = (
  { errors }: PointwiseLoss,
  plan: DerivativePlan,
  widths: readonly (readonly [name: string, width: number])[],
  outFeatures: number,
): FieldLossBlock[] | undefined => {
  const blockCount = 1 + (plan.order >= 1 ? plan.inFeatures : 0) + (plan.forms?.weights.length ?? 0);
  const blocks: FieldLossBlock[] = Array.from({ length: blockCount }, () => ({ factor: 0 }));
  const seen = new Set<number>();
  for (const { of, target, factor = 1 } of errors) {
    const place = blocksOf(of, plan);
    if (place === undefined || seen.has(place.first)) return undefined;
    seen.add(place.first);
    const index = widths.findIndex(([name]) => name === target);
    if (target !== undefined && widths[index]?.[1] !== place.count * outFeatures) return undefined;
    for (let k = 0; k < place.count; k++)
      blocks[place.first + k] = {
        factor: typeof factor === 'number' ? factor : factor(plan.inFeatures),
        ...(target !== undefined && { target: { index, column: k * outFeatures } }),
      };
  }
  return blocks;
};

/**
 * The loss of some points, `share` times its mean, and the gradient of `weight` times that, by the present backend's kernel; `undefined` where there
 * is none that takes it. What is wrong with a loss or a batch is left for the loss's own function to say.
 *
 * @param parameters all of them, `f32[P]`
 */
export const fusedLoss = (
  field: Field,
  loss: PointwiseLoss,
  {
    request,
    batch,
    parameters,
  }: { readonly request: DerivativeRequest; readonly batch: TensorBatch; readonly parameters: Tensor1D },
  { share, weight }: { readonly share: number; readonly weight: number },
): { readonly loss: Scalar; readonly gradient: Tensor1D } | undefined => {
  if (getKernel(KERNEL, getBackend()) === undefined) return undefined;
  const plan = planDerivatives(request, field.inFeatures);
  const layers = resolveLayers(field.spec, field.extensions);
  const fused = fusedLayers(layers, plan, field.extensions);
  if (fused === undefined) return undefined;
  const { network } = fused;
  // What comes before the kernel's layers gets no gradient here.
  const before = layers.slice(0, fused.start);
  if (before.some(layer => layer.parameters.length > 0)) return undefined;
  const targets = Object.entries(batch.targets);
  const widths = targets.map(([name, { shape }]) => [name, shape[1]] as const);
  const blocks = planBlocks(loss, plan, widths, field.outFeatures);
  const weightIndex = widths.findIndex(([name]) => name === loss.weight);
  const weightFits = loss.weight === undefined || [1, field.outFeatures].includes(widths[weightIndex]?.[1] ?? 0);
  if (blocks === undefined || !weightFits) return undefined;
  const scale = share / ((batch.coords.shape[0] as number) * field.outFeatures);
  const attributes: FieldLoss = {
    network,
    blocks,
    penalty: loss.penalty,
    ...(loss.weight !== undefined && { weight: weightIndex }),
    lossScale: scale,
    gradientScale: scale * weight,
  };
  const [total, gradient] = tidy(() => {
    const jet = composedJet(
      before,
      before.map(() => ({})),
      batch.coords,
      plan,
      field.extensions,
    );
    const inputs = [...fusedInput(network, jet), parameters, ...targets.map(([, target]) => target)];
    return engine().runKernel(KERNEL, inputs as object as NamedTensorMap, attributes as object as NamedAttrMap);
  }) as [Scalar, Tensor1D];
  return { loss: total, gradient };
};
