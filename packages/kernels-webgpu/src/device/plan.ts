/** @file A piece of work as data: shaders in order, what is bound to them, and how many workgroups each has. */
import type { Shader } from '../wgsl/shader.ts';

/** A part of a buffer of the arena, in floats; all of it if no part is named. */
export interface SlotRange {
  readonly slot: string;
  /** A multiple of 64. */
  readonly offset?: number;
  readonly length?: number;
}

/**
 * Numbers that never change, in a buffer of their own, which is made at the first use and lives as long as the array.
 */
export interface ConstantRange {
  readonly values: Float32Array | Uint32Array;
}

/** What is bound to a storage buffer of a shader. */
export type Binding = SlotRange | ConstantRange;

/** One dispatch. */
export interface Step {
  readonly shader: Shader;
  /** The values of the shader's sizes. */
  readonly sizes: Readonly<Record<string, number>>;
  /** What is bound to the shader's storage buffers, by their names. */
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly groups: readonly [x: number, y: number, z: number];
}

/** Dispatches that run one after the other. */
export interface Plan {
  /** Floats of each buffer of the arena. */
  readonly slots: Readonly<Record<string, number>>;
  readonly steps: readonly Step[];
}

/** A float's bits as an integer, for sizes that are floats. */
export const floatBits = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0] as number;

/**
 * Workgroups for so many threads along x, folded over y where one dimension does not take them all, and the `columns`
 * of the shader.
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
