import type { Shader } from '../wgsl/shader.ts';

/** A compiled shader. */
export interface Program {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** A cache of the compiled shaders of a device, by source. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #programs = new Map<string, Program>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Number of compiled shaders. */
  get count(): number {
    return this.#programs.size;
  }

  /** Compiles a shader on first use. Its errors are reported by the device's `uncapturederror` event. */
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
