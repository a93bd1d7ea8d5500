/**
 * @file What the fused kernels keep for a backend: compiled shaders, buffers, and plans that are ready to be recorded.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { ProductStyle } from '../wgsl/product.ts';
import { Arena } from './arena.ts';
import { defaultBatchBytes } from './batch-bytes.ts';
import { type Copy, mergeCopies } from './copy.ts';
import { DeviceFaultError, DeviceLostError } from './errors.ts';
import { MOST_IN_FLIGHT, Pace } from './pace.ts';
import { Pipelines } from './pipelines.ts';
import type { Binding, ConstantRange, Plan, Step } from './plan.ts';

/** What was done on a device since the backend was made. */
export interface DeviceCounters {
  /** Dispatches of the fused kernels. */
  readonly dispatches: number;
  /** Command buffers that went to the device's queue, those of tfjs's own kernels included. */
  readonly submissions: number;
  /** Buffers that were read back to the host. */
  readonly readBacks: number;
}

/** What is recorded at once. */
export interface Work {
  /** Names the plan: the same key means the same plan. */
  readonly key: string;
  readonly plan: () => Plan;
  /** From tensors, before. */
  readonly before: readonly Copy[];
  /** To tensors, afterwards. */
  readonly after: readonly Copy[];
  /** Multiplications, roughly. */
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
const MOST_PLANS = 64;
const MOST_UNIFORMS = 256;
/** Multiplications in a submission: some tenths of a second of a small GPU, before its driver takes it for hung. */
const MOST_PENDING_COST = 2 ** 37;

/** What the kernels of a backend may be told. */
export interface KernelSettings {
  readonly style: ProductStyle;
  /** The most parts in flight; see {@link Pace}. */
  readonly mostInFlight: number;
  /** What the activations of a batch of points may take. */
  readonly batchBytes: number;
  /** Whether jets between layers are float16, which the device must have. */
  readonly halfPrecision: boolean;
}

/** The fused kernels of one backend. */
export class FieldKernels {
  readonly backend: WebGPUBackend;
  readonly device: GPUDevice;
  readonly arena: Arena;
  readonly pipelines: Pipelines;
  readonly pace: Pace;
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
  /** What the arena's activations belong to; see `keep`. */
  #kept: string | undefined;
  #keptInputs: readonly object[] = [];
  #lost: GPUDeviceLostInfo | undefined;
  #fault: DeviceFaultError | undefined;
  #generation = 0;
  #pendingCost = 0;

  constructor(backend: WebGPUBackend, { style, mostInFlight, batchBytes, halfPrecision }: KernelSettings) {
    this.backend = backend;
    this.style = style;
    this.batchBytes = batchBytes;
    this.halfPrecision = halfPrecision;
    this.device = backend.device;
    this.arena = new Arena(this.device);
    this.pipelines = new Pipelines(this.device);
    this.pace = new Pace(this.device.queue, mostInFlight);
    void this.device.lost.then(info => {
      this.#lost = info;
      this.pace.stop();
    });
    this.device.addEventListener('uncapturederror', ({ error }) => {
      this.#fault ??= new DeviceFaultError(error);
    });
  }

  /** The error of a lost device; `undefined` while there is one. */
  get lost(): DeviceLostError | undefined {
    return this.#lost && new DeviceLostError(this.#lost);
  }

  /**
   * @throws DeviceLostError when the device is gone, DeviceFaultError, once, when it reported a fault since the last
   * call
   */
  assertSound(): void {
    const { lost } = this;
    if (lost) throw lost;
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault) throw fault;
  }

  /** Remembers that the arena holds the activations that follow from these tensors, until the next work. */
  keep(key: string, inputs: readonly TensorInfo[]): void {
    this.#kept = key;
    this.#keptInputs = inputs.map(({ dataId }) => dataId);
  }

  /** Whether the arena holds the activations that follow from these tensors. */
  keeps(key: string, inputs: readonly TensorInfo[]): boolean {
    return (
      this.#kept === key &&
      this.#keptInputs.length === inputs.length &&
      inputs.every(({ dataId }, index) => dataId === this.#keptInputs[index])
    );
  }

  /** The buffer of a tensor, with its values. */
  bufferOf({ dataId }: TensorInfo): GPUBuffer {
    this.backend.uploadToGPU(dataId);
    return this.backend.tensorMap.get(dataId).resource as GPUBuffer;
  }

  /** Makes a tensor of floats with a buffer that is still to be written. */
  makeTensor(shape: number[]): TensorInfo {
    const tensor = this.backend.makeTensorInfo(shape, 'float32');
    this.backend.uploadToGPU(tensor.dataId);
    return tensor;
  }

  /** Records work behind everything that tfjs has recorded so far. */
  record({ key, plan, before, after, cost }: Work): void {
    this.assertSound();
    this.#kept = undefined;
    const steps = this.#ready(key, plan);
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
    if (this.#pendingCost > MOST_PENDING_COST) this.submit();
  }

  /**
   * Records one dispatch on tensors.
   *
   * @param uniform where the sizes are written; a buffer that holds these very sizes for good if absent. One that
   *   changes may be used again only after {@link submit}.
   */
  recordOnTensors(
    { shader, sizes, groups }: Pick<Step, 'shader' | 'sizes' | 'groups'>,
    tensors: Readonly<Record<string, TensorInfo>>,
    uniform?: GPUBuffer,
  ): void {
    this.assertSound();
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

  /** A buffer for the sizes of a shader. */
  makeUniform(label: string, numbers: number): GPUBuffer {
    const size = Math.ceil(numbers / 4) * 16;
    return this.device.createBuffer({
      label: `neural-fields ${label}`,
      size,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
  }

  /** Hands everything that was recorded to the device, tfjs's work included. */
  submit(): void {
    const { commandEncoder } = this.backend as object as BackendInternals;
    if (!commandEncoder) return;
    this.backend.endComputePassEncoder();
    this.backend.submitQueue();
  }

  /** The backend calls it with every submission. */
  submitted(): void {
    this.counters.submissions += 1;
    this.#pendingCost = 0;
    this.pace.submitted();
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
    // Whole vectors; the arena's buffers have room for that.
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
    if (this.#uniforms.size >= MOST_UNIFORMS) this.#uniforms.clear();
    const uniform = this.makeUniform(label, sizes.length);
    this.device.queue.writeBuffer(uniform, 0, sizes);
    this.#uniforms.set(key, uniform);
    return uniform;
  }

  /**
   * tfjs's encoder, outside of any pass. It will not reuse the buffers of these tensors before its commands are
   * submitted.
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

  #ready(key: string, plan: () => Plan): readonly ReadyStep[] {
    const known = this.#plans.get(key);
    if (known) {
      // The newest last.
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
    if (this.#plans.size > MOST_PLANS) this.#plans.delete(oldest as string);
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

/** The sizes of a shader in order, padded to whole vectors. */
const sizesOf = (names: readonly string[], values: Readonly<Record<string, number>>): Uint32Array<ArrayBuffer> => {
  const numbers = new Uint32Array(4 * Math.ceil(names.length / 4));
  for (const [index, name] of names.entries()) numbers[index] = values[name] as number;
  return numbers;
};

const kernelsOfBackends = new WeakMap<WebGPUBackend, FieldKernels>();

/** Gives a backend its fused kernels. */
export const installKernels = (backend: WebGPUBackend, settings: KernelSettings): FieldKernels => {
  const kernels = new FieldKernels(backend, settings);
  kernelsOfBackends.set(backend, kernels);
  return kernels;
};

/** The fused kernels of a backend; those for a graphics card if nobody installed others. */
export const kernelsOf = (backend: WebGPUBackend): FieldKernels =>
  kernelsOfBackends.get(backend) ??
  installKernels(backend, {
    style: 'tiled',
    mostInFlight: MOST_IN_FLIGHT,
    batchBytes: defaultBatchBytes(backend.device.limits),
    halfPrecision: false,
  });
