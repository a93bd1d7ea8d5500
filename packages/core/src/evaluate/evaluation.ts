/**
 * @file Prepares a network and a request for a backend, once: which operations run in its kernels, and which in tfjs
 *   ops.
 */
import {
  concat1d,
  engine,
  type KernelBackend,
  reshape,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import '#gradients';
import { assertLoss } from '../backend/assert-inputs.ts';
import type { KernelLoss, LossScale } from '../backend/backend.ts';
import type { KernelProgram } from '../backend/kernel-program.ts';
import { fieldBackend } from '../backend/registry.ts';
import { type RunnableLoss, type RunnableProgram, runLoss, runProgram } from '../backend/run-program.ts';
import { coordinateJet, type LayerJet, wholeJet } from '../jets/layer-jet.ts';
import { type DerivativePlan, type DerivativeRequest, planDerivatives, requestKey } from '../jets/request.ts';
import type { Operation, Register } from '../ops/operation.ts';
import { hasParameters } from '../ops/parameters.ts';
import type { Network } from '../spec/network.ts';
import { runComposed } from './composed.ts';
import { type Partition, partition } from './partition.ts';

/** The parameters of a network, as one flat vector or as separate tensors. */
export interface NetworkParameters {
  /** `f32[P]` */
  flat(): Tensor1D;
  /** In the order of the layout, in their shapes. */
  parts(): readonly Tensor[];
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** The parameters followed by the arrays that are computed from them. */
const withComputed = ({ computed }: Network, given: NetworkParameters): NetworkParameters => {
  if (computed.length === 0) return given;
  const all = [...given.parts()];
  const made = computed.map(({ from, make }) => {
    const array = make(from.map(({ index }) => all[index] as Tensor));
    all.push(array);
    return array;
  });
  return {
    flat: () => concat1d([given.flat(), ...made.map((array): Tensor1D => reshape(array, [array.size]))]),
    parts: () => all,
  };
};

/** Evaluates a network's jets for one request on one instance of a backend. */
export class Evaluation {
  readonly plan: DerivativePlan;
  /** The program that the backend's kernels run, if there is one. */
  readonly kernelProgram: KernelProgram | undefined;
  readonly #network: Network;
  readonly #on: KernelBackend;
  /** The operations that run in tfjs ops before the kernel, with their indices in the network. */
  readonly #composed: readonly (readonly [index: number, operation: Operation])[];
  /** Which registers of the network are the kernel's inputs. */
  readonly #inputs: readonly Register[];
  readonly #runnable: RunnableProgram | undefined;
  readonly #losses = new WeakMap<KernelLoss, RunnableLoss | undefined>();

  constructor(network: Network, plan: DerivativePlan, on: KernelBackend, backendName: string) {
    this.#network = network;
    this.plan = plan;
    this.#on = on;
    const { program, layout, computed } = network;
    const backend = fieldBackend(backendName);
    const parameterCount = layout.size + computed.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const shape = { inFeatures: plan.inFeatures, order: plan.order, ...(plan.forms && { forms: plan.forms }) };
    const divide = (supports: (operation: Operation) => boolean): Partition =>
      partition(program, { shape, parameterCount, supports });
    const divided = divide(operation => operation.kind !== 'custom' && (backend?.supports(operation, shape) ?? false));
    const compiled = divided.kernel && backend?.compile(divided.kernel.program, on);
    const { composed, kernel } = compiled ? divided : divide(() => false);
    this.#composed = composed.map(index => [index, program.operations[index] as Operation]);
    this.#inputs = kernel?.inputs ?? [];
    this.kernelProgram = kernel?.program;
    this.#runnable = kernel && compiled && { program: kernel.program, compiled };
  }

  /** The kinds of operations that run in kernels and in tfjs ops, in order. */
  describe(): { readonly fused: readonly Operation['kind'][]; readonly composed: readonly Operation['kind'][] } {
    return {
      fused: this.kernelProgram?.operations.map(({ kind }) => kind) ?? [],
      composed: this.#composed.map(([, { kind }]) => kind),
    };
  }

  /** Whether the backend's kernels run all of the network, and nothing is computed before. */
  get isFused(): boolean {
    return this.#runnable !== undefined && this.#composed.length === 0 && this.#network.computed.length === 0;
  }

  /**
   * The number of features that are saved per point for the backward pass: those of operations in tfjs ops, and the
   * outputs.
   */
  get savedFeatures(): number {
    return this.#composed.reduce((sum, [, { outFeatures }]) => sum + outFeatures, this.#network.program.outFeatures);
  }

  /** Whether the operations before the kernel's program have parameters. */
  get #composedHaveParameters(): boolean {
    return this.#composed.some(([, operation]) => hasParameters(operation));
  }

  /** The jets before the kernel's program, or all jets if there is none. */
  #before(coords: Tensor2D, parts: () => readonly Tensor[]): Map<Register, LayerJet> {
    if (this.#composed.length === 0) return new Map([[0, { value: coords }]]);
    return runComposed({
      operations: this.#composed,
      known: new Map([[0, coordinateJet(coords, this.plan)]]),
      parameters: parts(),
      shape: this.plan,
    });
  }

  /** The tensors that the kernel's program takes. */
  #kernelInputs(jets: ReadonlyMap<Register, LayerJet>): Tensor[] {
    return this.#inputs.flatMap((register): Tensor[] => {
      const jet = jets.get(register) as LayerJet;
      return register === 0 ? [jet.value] : wholeJet(jet, this.plan);
    });
  }

  /** The jet at `coords` f32[n, inFeatures], n >= 1. */
  run(given: NetworkParameters, coords: Tensor2D): LayerJet {
    const parameters = withComputed(this.#network, given);
    const jets = this.#before(coords, () => parameters.parts());
    if (this.#runnable === undefined) {
      const { output } = this.#network.program;
      return output === 0 ? coordinateJet(coords, this.plan) : (jets.get(output) as LayerJet);
    }
    const [value, first, second] = runProgram(this.#runnable, this.#kernelInputs(jets), parameters.flat()) as [
      Tensor2D,
      Tensor3D?,
      Tensor3D?,
    ];
    return { value, ...(first && { first }), ...(second && { second }) };
  }

  /** Whether the backend computes a loss in its kernels. The result is cached by the identity of the loss object. */
  fuses(loss: KernelLoss): boolean {
    return this.#runnableLoss(loss) !== undefined;
  }

  #runnableLoss(loss: KernelLoss): RunnableLoss | undefined {
    if (!this.#losses.has(loss)) this.#losses.set(loss, this.#compileLoss(loss));
    return this.#losses.get(loss);
  }

  #compileLoss(loss: KernelLoss): RunnableLoss | undefined {
    const program = this.kernelProgram;
    // The fused loss gives no gradient for the operations before the kernel, nor through computed arrays.
    if (program === undefined || this.#composedHaveParameters || this.#network.computed.length > 0) return undefined;
    assertLoss(program, loss);
    const compiled = fieldBackend(engine().backendName)?.compileLoss?.(program, loss, this.#on);
    return compiled && { program, loss, compiled };
  }

  /** The loss at a batch of points and its gradient `f32[P]`, computed by the backend's kernels; see `runLoss`. */
  runLoss(
    loss: KernelLoss,
    {
      parameters,
      coords,
      targets,
      scale,
      total,
    }: {
      readonly parameters: NetworkParameters;
      readonly coords: Tensor2D;
      readonly targets: readonly Tensor[];
      readonly scale: LossScale;
      readonly total?: Tensor1D | undefined;
    },
  ): ReturnType<typeof runLoss> {
    const runnable = this.#runnableLoss(loss);
    if (runnable === undefined) throw new Error('evaluation: the backend has no kernel for this loss');
    const jets = this.#before(coords, () => []);
    return runLoss(runnable, {
      inputs: this.#kernelInputs(jets),
      parameters: parameters.flat(),
      targets,
      scale,
      total,
    });
  }
}

const evaluations = new WeakMap<Network, WeakMap<KernelBackend, Map<string, Evaluation>>>();

/**
 * The evaluation of a network for a request on the backend in use.
 *
 * @throws RangeError when the request does not fit the number of coordinates
 */
export const evaluationOf = (network: Network, request: DerivativeRequest): Evaluation => {
  const { backend, backendName } = engine();
  const ofNetwork = evaluations.get(network) ?? new WeakMap<KernelBackend, Map<string, Evaluation>>();
  evaluations.set(network, ofNetwork);
  const ofBackend = ofNetwork.get(backend) ?? new Map<string, Evaluation>();
  ofNetwork.set(backend, ofBackend);
  const key = requestKey(request);
  let evaluation = ofBackend.get(key);
  if (evaluation === undefined) {
    evaluation = new Evaluation(network, planDerivatives(request, network.program.inFeatures), backend, backendName);
    ofBackend.set(key, evaluation);
  }
  return evaluation;
};
