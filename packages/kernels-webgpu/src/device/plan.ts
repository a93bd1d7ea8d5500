/** @file A sequence of dispatches as data: shaders in order, with their bindings and numbers of workgroups. */
import type { Shader } from '../wgsl/shader.ts';

/** A range of a buffer of the arena, in floats; the whole buffer if absent. */
export interface SlotRange {
  readonly slot: string;
  /** A multiple of 64. */
  readonly offset?: number;
  readonly length?: number;
}

/**
 * Constant values in a separate buffer, which is created on first use and lives as long as the array.
 */
export interface ConstantRange {
  readonly values: Float32Array | Uint32Array;
}

/** The data bound to a storage buffer of a shader. */
export type Binding = SlotRange | ConstantRange;

/** One dispatch. */
export interface Step {
  readonly shader: Shader;
  /** The values of the shader's sizes. */
  readonly sizes: Readonly<Record<string, number>>;
  /** The bindings of the shader's storage buffers, by name. */
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly groups: readonly [x: number, y: number, z: number];
}

/** Dispatches that run one after the other. */
export interface Plan {
  /** Floats of each buffer of the arena. */
  readonly slots: Readonly<Record<string, number>>;
  readonly steps: readonly Step[];
}

/** The bits of a float as an integer, to pass floats among the sizes. */
export const floatBits = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0] as number;

/**
 * The workgroups for a number of threads along x, wrapped to y if they exceed one dimension, and the size `columns` of
 * the shader.
 */
export const linearGroups = (
  threads: number,
  workgroup: number,
  most = 32_768,
): { readonly groups: readonly [x: number, y: number, z: number]; readonly columns: number } => {
  const count = Math.ceil(threads / workgroup);
  const columns = Math.min(count, most);
  return { groups: [columns, Math.ceil(count / columns), 1], columns };
};
