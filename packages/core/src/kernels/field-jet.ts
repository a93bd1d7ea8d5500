/**
 * @file The heavy part of an evaluation as one tfjs kernel: the jets of a chain of dense layers. Core only says what the kernel is; a backend's
 * package registers it, as two tfjs kernels for that backend (see {@link registerFieldJetKernel}), and says which networks it takes.
 * `evaluateJet` hands it those, or the layers behind the last one that it does not know, and works out all others in ordinary tfjs ops.
 */
import {
  broadcastTo,
  engine,
  type GradFunc,
  getBackend,
  getKernel,
  type KernelConfig,
  type KernelFunc,
  type NamedAttrMap,
  type NamedTensorMap,
  registerGradient,
  registerKernel,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type TensorInfo,
  zeros,
} from '@tensorflow/tfjs-core';
import { activationParameterValues, coreActivations } from '../activations/index.ts';
import type { DerivativePlan, SecondOrderForms } from '../jets/request.ts';
import { type DenseSpec, dense } from '../layers/dense.ts';
import type { LayerJet } from '../layers/layer.ts';
import { type Extensions, findActivation } from '../spec/extensions.ts';
import type { ResolvedLayer } from '../spec/spec.ts';
import { assertFieldJetInputs } from './assert-inputs.ts';

const FORWARD = 'NeuralFieldsFieldJet';
const REVERSE = 'NeuralFieldsFieldJetReverse';

/** One dense layer of a {@link FieldJetNetwork}. */
export interface FieldJetLayer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly hasBias: boolean;
  readonly activation: {
    /** That of a core activation. */
    readonly kind: string;
    /** The values of its parameters in the order of the definition; those of learnable ones are inputs of the kernel instead. */
    readonly parameters: Readonly<Record<string, number>>;
    readonly learnable: readonly string[];
  };
}

/** What the kernel is asked to work out: its attributes. */
export interface FieldJetNetwork {
  /** The number of coordinates. */
  readonly inFeatures: number;
  /** Present where layers that the kernel does not know stand in front of these, e.g. an encoding: the width of what they give. */
  readonly encodedFeatures?: number;
  readonly layers: readonly FieldJetLayer[];
  /** 0: the values; 1: first derivatives too; 2: second-order forms too. */
  readonly order: 0 | 1 | 2;
  /** Present for order 2. */
  readonly forms?: SecondOrderForms;
}

/**
 * A backend's field jet.
 *
 * Inputs of `forward`, a list: coords `f32[n, inFeatures]` with n > 0, then for each layer its weight `f32[in, out]`, its bias `f32[out]` if it
 * has one, and its learnable activation parameters `f32[]`. With `encodedFeatures` e, the jets of an encoding stand in the place of the coordinates:
 * value `f32[n, e]`, first `f32[d, n, e]` and second `f32[m, n, e]` as far as the order goes. Outputs: value `f32[n, o]`, first `f32[d, n, o]`, second `f32[m, n, o]` as
 * far as the order goes.
 *
 * Inputs of `reverse`, a list: those of `forward`, then the derivatives of the loss with respect to each of its outputs. Outputs: its derivatives
 * with respect to each input of `forward`.
 *
 * The attributes of both are a {@link FieldJetNetwork}.
 */
export interface FieldJetKernel {
  readonly backendName: string;
  /** False for a network that has to be worked out in ordinary tfjs ops. */
  supports(network: FieldJetNetwork): boolean;
  readonly forward: KernelFunc;
  readonly reverse: KernelFunc;
}

interface SelectiveKernelConfig extends KernelConfig {
  readonly supports: FieldJetKernel['supports'];
}

/** Registers a backend's field jet with tfjs. The kernels may trust their inputs: they are checked before. */
export const registerFieldJetKernel = ({ backendName, supports, forward, reverse }: FieldJetKernel): void => {
  const checked =
    (direction: 'forward' | 'reverse', kernelFunc: KernelFunc): KernelFunc =>
    args => {
      assertFieldJetInputs(direction, args.attrs as object as FieldJetNetwork, args.inputs as object as TensorInfo[]);
      return kernelFunc(args);
    };
  const config: SelectiveKernelConfig = {
    kernelName: FORWARD,
    backendName,
    kernelFunc: checked('forward', forward),
    supports,
  };
  registerKernel(config);
  registerKernel({ kernelName: REVERSE, backendName, kernelFunc: checked('reverse', reverse) });
};

// tfjs passes lists of inputs and attributes through untouched; only its types know nothing of them.
const runKernel = (name: string, inputs: readonly Tensor[], network: FieldJetNetwork): Tensor[] => {
  const outputs = engine().runKernel(name, inputs as object as NamedTensorMap, network as object as NamedAttrMap);
  return Array.isArray(outputs) ? outputs : [outputs as Tensor];
};

const gradient: GradFunc = (upstream, saved, attributes) => {
  const derivatives = Array.isArray(upstream) ? upstream : [upstream];
  const gradients = runKernel(REVERSE, [...saved, ...derivatives], attributes as object as FieldJetNetwork);
  return Object.fromEntries(gradients.map((tensor, index) => [String(index), () => tensor]));
};

registerGradient({ kernelName: FORWARD, saveAllInputs: true, gradFunc: gradient });

const fieldJetLayer = ({ spec, inFeatures, outFeatures }: ResolvedLayer, extensions: Extensions): FieldJetLayer => {
  const { activation, biasInitialiser } = spec as DenseSpec;
  const { kind, learnable = [] } = activation;
  const parameters = activationParameterValues(activation, findActivation(activation, extensions));
  return { inFeatures, outFeatures, hasBias: biasInitialiser !== null, activation: { kind, parameters, learnable } };
};

/** The layers that the present backend's kernel works out. */
export interface FusedLayers {
  /** How many layers stand in front of them. */
  readonly start: number;
  readonly network: FieldJetNetwork;
}

/** The last layers, as many as the present backend's kernel works out, or `undefined` where there is no kernel or it declines. */
export const fusedLayers = (
  layers: readonly ResolvedLayer[],
  { inFeatures, order, forms }: DerivativePlan,
  extensions: Extensions,
): FusedLayers | undefined => {
  const kernel = getKernel(FORWARD, getBackend()) as SelectiveKernelConfig | undefined;
  if (kernel === undefined) return undefined;
  const isKnown = ({ definition, spec }: ResolvedLayer): boolean =>
    definition === dense && coreActivations.includes(findActivation((spec as DenseSpec).activation, extensions));
  const start = layers.findLastIndex(layer => !isKnown(layer)) + 1;
  const known = layers.slice(start);
  if (known.length === 0) return undefined;
  const network: FieldJetNetwork = {
    inFeatures,
    ...(start > 0 && { encodedFeatures: (known[0] as ResolvedLayer).inFeatures }),
    layers: known.map(layer => fieldJetLayer(layer, extensions)),
    order,
    ...(forms && { forms }),
  };
  return kernel.supports(network) ? { start, network } : undefined;
};

/** `f32[k, n or 1, f]` with all n points. */
const atAllPoints = (x: Tensor3D, n: number): Tensor3D => (x.shape[1] === n ? x : broadcastTo(x, [x.shape[0], n, x.shape[2]]));

/** What the kernel takes in: the coordinates, or all of an encoding's jet, for which a missing second-order part is zero. */
export const fusedInput = ({ inFeatures, encodedFeatures, order, forms }: FieldJetNetwork, jet: LayerJet): Tensor[] => {
  const { value, first, second } = jet;
  if (encodedFeatures === undefined) return [value];
  const n = value.shape[0];
  const zero = (count: number): Tensor3D => zeros([count, n, encodedFeatures]);
  return [
    value,
    ...(order >= 1 ? [first ? atAllPoints(first, n) : zero(inFeatures)] : []),
    ...(forms ? [second ? atAllPoints(second, n) : zero(forms.weights.length)] : []),
  ];
};

/**
 * Runs the kernel.
 *
 * @param input the jet of what comes into the layers
 * @param parameters those of the layers in order
 */
export const fusedJet = (network: FieldJetNetwork, input: LayerJet, parameters: readonly Tensor[]): LayerJet => {
  const [value, first, second] = runKernel(FORWARD, [...fusedInput(network, input), ...parameters], network) as [
    Tensor2D,
    Tensor3D?,
    Tensor3D?,
  ];
  return { value, ...(first && { first }), ...(second && { second }) };
};
