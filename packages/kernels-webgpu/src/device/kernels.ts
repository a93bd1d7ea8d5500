/**
 * @file The state of the fused kernels of a backend: compiled shaders, buffers, and plans that are ready to be
 *   recorded.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { ProductStyle } from '../wgsl/product.ts';
import { Arena } from './arena.ts';
import { Backpressure, MAX_IN_FLIGHT } from './backpressure.ts';
import { defaultBatchBytes } from './batch-bytes.ts';
import { type Copy, mergeCopies } from './copy.ts';
import { DeviceFaultError, DeviceLostError } from './errors.ts';
import { Pipelines } from './pipelines.ts';
import type { Binding, ConstantRange, Plan, Step } from './plan.ts';

/** Counts of the work on a device since the backend was created. */
export interface DeviceCounters {
  /** Dispatches of the fused kernels. */
  readonly dispatches: number;
  /** Submissions to the device's queue, including those of tfjs's own kernels. */
  readonly submissions: number;
  /** Buffers that were read back to the host. */
  readonly readBacks: number;
}

/** A unit of work that is recorded at once. */
export interface Work {
  /** Identifies the plan: the same key means the same plan. */
  readonly key: string;
  readonly plan: () => Plan;
  /** Copies from tensors, before the plan. */
  readonly before: readonly Copy[];
  /** Copies to tensors, after the plan. */
  readonly after: readonly Copy[];
  /** Approximate number of multiplications. */
  readonly cost: number;
}

interface ReadyStep {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly groups: Step['groups'];
}

/** The parts of tfjs's backend that its types hide. */
interface BackendInternals {
  commandEncoder: GPUCommandEncoder | null;
  commandQueueOwnedIds: WeakSet<object>;
}

const FLOAT_BYTES = 4;
const MAX_PLANS = 64;
const MAX_UNIFORMS = 256;
/**
 * Multiplications in a submission: some tenths of a second on a small GPU, well before its driver considers it hung.
 */
const MAX_PENDING_MULTIPLICATIONS = 2 ** 37;

/** Settings of the kernels of a backend. */
export interface KernelSettings {
  readonly style: ProductStyle;
  /** Maximum number of parts in flight; see {@link Backpressure}. */
  readonly maxInFlight: number;
  /** Maximum memory for the activations of a batch of points. */
  readonly batchBytes: number;
  /** Whether jets between layers are float16; the device must have `shader-f16`. */
  readonly halfPrecision: boolean;
}

/** The fused kernels of one backend. */
export class FieldKernels {
  readonly backend: WebGPUBackend;
  readonly device: GPUDevice;
  readonly arena: Arena;
  readonly pipelines: Pipelines;
  readonly backpressure: Backpressure;
  readonly style: ProductStyle;
  readonly batchBytes: number;
  readonly halfPrecision: boolean;
  readonly #plans = new Map<string, readonly ReadyStep[]>();
  readonly #uniforms = new Map<string, GPUBuffer>();
  readonly #constants = new WeakMap<ConstantRange['values'], GPUBuffer>();
  readonly counters: { -readonly [name in keyof DeviceCounters]: DeviceCounters[name] } = {
    dispatches: 0,
    submissions: 0,
    readBacks: 0,
  };
  /** The evaluation to which the arena's activations belong; see `rememberActivations`. */
  #activationsKey: string | undefined;
  #activationInputs: readonly object[] = [];
  #lost: GPUDeviceLostInfo | undefined;
  #fault: DeviceFaultError | undefined;
  #generation = 0;
  #pendingCost = 0;

  constructor(backend: WebGPUBackend, { style, maxInFlight, batchBytes, halfPrecision }: KernelSettings) {
    this.backend = backend;
    this.style = style;
    this.batchBytes = batchBytes;
    this.halfPrecision = halfPrecision;
    this.device = backend.device;
    this.arena = new Arena(this.device);
    this.pipelines = new Pipelines(this.device);
    this.backpressure = new Backpressure(this.device.queue, maxInFlight);
    void this.device.lost.then(info => {
      this.#lost = info;
      this.backpressure.stop();
    });
    this.device.addEventListener('uncapturederror', ({ error }) => {
      this.#fault ??= new DeviceFaultError(error);
    });
  }

  /** The error if the device is lost; otherwise `undefined`. */
  get lost(): DeviceLostError | undefined {
    return this.#lost && new DeviceLostError(this.#lost);
  }

  /**
   * @throws DeviceLostError when the device is lost; DeviceFaultError, once, when it reported a fault since the last
   *   call
   */
  assertHealthy(): void {
    const { lost } = this;
    if (lost) throw lost;
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault) throw fault;
  }

  /** Records that the arena holds the activations for these input tensors, until other work is recorded. */
  rememberActivations(key: string, inputs: readonly TensorInfo[]): void {
    this.#activationsKey = key;
    this.#activationInputs = inputs.map(({ dataId }) => dataId);
  }

  /** Whether the arena holds the activations for these input tensors. */
  hasActivations(key: string, inputs: readonly TensorInfo[]): boolean {
    return (
      this.#activationsKey === key &&
      this.#activationInputs.length === inputs.length &&
      inputs.every(({ dataId }, index) => dataId === this.#activationInputs[index])
    );
  }

  /** The buffer with a tensor's values. */
  bufferOf({ dataId }: TensorInfo): GPUBuffer {
    this.backend.uploadToGPU(dataId);
    return this.backend.tensorMap.get(dataId).resource as GPUBuffer;
  }

  /** Creates a float tensor with an uninitialised buffer. */
  makeTensor(shape: number[]): TensorInfo {
    const tensor = this.backend.makeTensorInfo(shape, 'float32');
    this.backend.uploadToGPU(tensor.dataId);
    return tensor;
  }

  /** Records work after everything that tfjs has recorded so far. */
  record({ key, plan, before, after, cost }: Work): void {
    this.assertHealthy();
    this.#activationsKey = undefined;
    const steps = this.#prepare(key, plan);
    const encoder = this.#encoder([...before, ...after].map(({ tensor }) => tensor));
    for (const { tensor, tensorOffset, slot, slotOffset, length } of mergeCopies(before))
      encoder.copyBufferToBuffer(
        this.bufferOf(tensor),
        FLOAT_BYTES * tensorOffset,
        this.arena.buffer(slot),
        FLOAT_BYTES * slotOffset,
        FLOAT_BYTES * length,
      );
    this.#pass(encoder, key.slice(0, key.indexOf(' ')), steps);
    for (const { tensor, tensorOffset, slot, slotOffset, length } of mergeCopies(after))
      encoder.copyBufferToBuffer(
        this.arena.buffer(slot),
        FLOAT_BYTES * slotOffset,
        this.bufferOf(tensor),
        FLOAT_BYTES * tensorOffset,
        FLOAT_BYTES * length,
      );
    this.#pendingCost += cost;
    if (this.#pendingCost > MAX_PENDING_MULTIPLICATIONS) this.submit();
  }

  /**
   * Records one dispatch on tensors.
   *
   * @param uniform the buffer to which the sizes are written; if absent, a cached buffer with exactly these sizes. A
   *   given buffer may be reused only after {@link submit}.
   */
  recordOnTensors(
    { shader, sizes, groups }: Pick<Step, 'shader' | 'sizes' | 'groups'>,
    tensors: Readonly<Record<string, TensorInfo>>,
    uniform?: GPUBuffer,
  ): void {
    this.assertHealthy();
    const { label } = shader;
    const { pipeline, layout } = this.pipelines.get(shader);
    const entries = shader.storage.map(({ name }, index) => ({
      binding: index + 1,
      resource: { buffer: this.bufferOf(tensors[name] as TensorInfo) },
    }));
    if (uniform) this.device.queue.writeBuffer(uniform, 0, sizesOf(shader.sizes, sizes));
    const buffer = uniform ?? this.#constantUniform(label, sizesOf(shader.sizes, sizes));
    const bindGroup = this.device.createBindGroup({
      label,
      layout,
      entries: [{ binding: 0, resource: { buffer } }, ...entries],
    });
    const encoder = this.#encoder(Object.values(tensors));
    this.#pass(encoder, label, [{ pipeline, bindGroup, groups }]);
  }

  /** Creates a uniform buffer for the sizes of a shader. */
  makeUniform(label: string, count: number): GPUBuffer {
    const size = Math.ceil(count / 4) * 16;
    return this.device.createBuffer({
      label: `neural-fields ${label}`,
      size,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
  }

  /** Submits everything that was recorded to the device, including tfjs's work. */
  submit(): void {
    const { commandEncoder } = this.backend as object as BackendInternals;
    if (!commandEncoder) return;
    this.backend.endComputePassEncoder();
    this.backend.submitQueue();
  }

  /** Must be called after every submission. */
  submitted(): void {
    this.counters.submissions += 1;
    this.#pendingCost = 0;
    this.backpressure.submitted();
  }

  dispose(): void {
    this.#plans.clear();
    this.#uniforms.clear();
    this.arena.dispose();
  }

  #resource(bound: Binding): GPUBufferBinding {
    if ('values' in bound) return { buffer: this.#constant(bound.values) };
    const { slot, offset = 0, length } = bound;
    const buffer = this.arena.buffer(slot);
    // Rounded up to whole vectors; the arena's buffers are large enough.
    const size = length === undefined ? buffer.size - FLOAT_BYTES * offset : 16 * Math.ceil(length / 4);
    return { buffer, offset: FLOAT_BYTES * offset, size };
  }

  #constant(values: ConstantRange['values']): GPUBuffer {
    const known = this.#constants.get(values);
    if (known) return known;
    const buffer = this.device.createBuffer({
      label: 'neural-fields constants',
      size: 16 * Math.max(1, Math.ceil(values.length / 4)),
      usage: GPUBufferUsage.STORAGE,
      mappedAtCreation: true,
    });
    const mapped = buffer.getMappedRange();
    if (values instanceof Float32Array) new Float32Array(mapped).set(values);
    else new Uint32Array(mapped).set(values);
    buffer.unmap();
    this.#constants.set(values, buffer);
    return buffer;
  }

  #constantUniform(label: string, sizes: Uint32Array<ArrayBuffer>): GPUBuffer {
    const key = String(sizes);
    const known = this.#uniforms.get(key);
    if (known) return known;
    if (this.#uniforms.size >= MAX_UNIFORMS) this.#uniforms.clear();
    const uniform = this.makeUniform(label, sizes.length);
    this.device.queue.writeBuffer(uniform, 0, sizes);
    this.#uniforms.set(key, uniform);
    return uniform;
  }

  /**
   * tfjs's command encoder, outside of any pass. tfjs will not reuse the buffers of these tensors until the commands
   * are submitted.
   */
  #encoder(tensors: readonly TensorInfo[]): GPUCommandEncoder {
    for (const tensor of tensors) this.bufferOf(tensor);
    const { backend } = this;
    backend.endComputePassEncoder();
    backend.ensureCommandEncoderReady();
    const internals = backend as object as BackendInternals;
    for (const { dataId } of tensors) internals.commandQueueOwnedIds.add(dataId);
    return internals.commandEncoder as GPUCommandEncoder;
  }

  #pass(encoder: GPUCommandEncoder, label: string, steps: readonly ReadyStep[]): void {
    const pass = encoder.beginComputePass({ label: `neural-fields ${label}` });
    for (const { pipeline, bindGroup, groups } of steps) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...groups);
    }
    pass.end();
    this.counters.dispatches += steps.length;
  }

  #prepare(key: string, plan: () => Plan): readonly ReadyStep[] {
    const known = this.#plans.get(key);
    if (known) {
      // Moves the plan to the end: the map is ordered from least to most recently used.
      this.#plans.delete(key);
      this.#plans.set(key, known);
      return known;
    }
    const { slots, steps } = plan();
    this.arena.reserve(slots, () => this.submit());
    if (this.arena.generation !== this.#generation) {
      this.#plans.clear();
      this.#generation = this.arena.generation;
    }
    const ready = steps.map(step => this.#bind(step));
    this.#plans.set(key, ready);
    const [oldest] = this.#plans.keys();
    if (this.#plans.size > MAX_PLANS) this.#plans.delete(oldest as string);
    return ready;
  }

  #bind({ shader, sizes, bindings, groups }: Step): ReadyStep {
    const { label } = shader;
    const { pipeline, layout } = this.pipelines.get(shader);
    const uniform = this.makeUniform(label, shader.sizes.length);
    this.device.queue.writeBuffer(uniform, 0, sizesOf(shader.sizes, sizes));
    const entries = shader.storage.map(({ name }, index) => {
      const bound = bindings[name];
      if (bound === undefined) throw new Error(`webgpu: nothing is bound to '${name}' of '${label}'`);
      return { binding: index + 1, resource: this.#resource(bound) };
    });
    const bindGroup = this.device.createBindGroup({
      label,
      layout,
      entries: [{ binding: 0, resource: { buffer: uniform } }, ...entries],
    });
    return { pipeline, bindGroup, groups };
  }
}

/** The sizes of a shader in order, padded to a multiple of four. */
const sizesOf = (names: readonly string[], values: Readonly<Record<string, number>>): Uint32Array<ArrayBuffer> => {
  const packed = new Uint32Array(4 * Math.ceil(names.length / 4));
  for (const [index, name] of names.entries()) packed[index] = values[name] as number;
  return packed;
};

const kernelsOfBackends = new WeakMap<WebGPUBackend, FieldKernels>();

/** Installs the fused kernels of a backend. */
export const installKernels = (backend: WebGPUBackend, settings: KernelSettings): FieldKernels => {
  const kernels = new FieldKernels(backend, settings);
  kernelsOfBackends.set(backend, kernels);
  return kernels;
};

/** The fused kernels of a backend; installs those for a graphics card if there are none yet. */
export const kernelsOf = (backend: WebGPUBackend): FieldKernels =>
  kernelsOfBackends.get(backend) ??
  installKernels(backend, {
    style: 'tiled',
    maxInFlight: MAX_IN_FLIGHT,
    batchBytes: defaultBatchBytes(backend.device.limits),
    halfPrecision: false,
  });
