import type { Shader } from '../wgsl/shader.ts';

/** A compiled shader. */
export interface Program {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** The compiled shaders of a device, each source once. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #programs = new Map<string, Program>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** How many there are. */
  get count(): number {
    return this.#programs.size;
  }

  /** Compiles a shader at the first call. Faults in it are reported as the device's `uncapturederror`. */
  get({ label, code, storage }: Shader): Program {
    const known = this.#programs.get(code);
    if (known) return known;
    const device = this.#device;
    const visibility = GPUShaderStage.COMPUTE;
    const layout = device.createBindGroupLayout({
      label,
      entries: [
        { binding: 0, visibility, buffer: { type: 'uniform' } },
        ...storage.map(({ access }, index) => ({
          binding: index + 1,
          visibility,
          buffer: { type: access === 'read' ? ('read-only-storage' as const) : ('storage' as const) },
        })),
      ],
    });
    const pipeline = device.createComputePipeline({
      label,
      layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ label, code }), entryPoint: 'main' },
    });
    const program = { pipeline, layout };
    this.#programs.set(code, program);
    return program;
  }
}
