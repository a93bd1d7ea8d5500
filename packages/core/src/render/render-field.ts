/** @file A field for pages that only draw it: values on the CPU, without TensorFlow.js. */
import type { FieldData } from '../files/field-data.ts';
import { decodeFieldData } from '../files/field-file.ts';
import { assertOptions } from '../options.ts';
import type { Extensions } from '../spec/layer.ts';
import { networkOf } from '../spec/network.ts';
import { parseSpec } from '../spec/spec.ts';
import { type ArrayReader, blockOf } from './blocks.ts';

/** Points whose registers stay in the cache of a processor. */
const BLOCK = 128;
/** Milliseconds of work between two pauses: a page stays responsive. */
const SLICE_MS = 12;

/** The options of {@link RenderField.evaluateAsync}. */
export interface RenderOptions {
  /** Told how many points are done, of all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Ends the work with the signal's reason as the error. */
  readonly signal?: AbortSignal;
}

/** A field that can be evaluated and nothing else. There is nothing to dispose of. */
export interface RenderField {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /**
   * The values at n points.
   *
   * @param coords `f32[n, inFeatures]`, row-major
   * @returns `f32[n, outFeatures]`, row-major
   * @throws TypeError or RangeError when the coordinates do not fit
   */
  evaluate(coords: Float32Array): Float32Array<ArrayBuffer>;
  /** The same in slices, between which the page can paint. */
  evaluateAsync(coords: Float32Array, options?: RenderOptions): Promise<Float32Array<ArrayBuffer>>;
}

const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));

/**
 * A field for drawing, of a spec and parameters, e.g. what `readField` returns.
 *
 * @param extensions the layers and activations of the spec that are not core ones
 * @throws TypeError or RangeError when the spec is wrong, or has a layer or activation that is written in tfjs ops
 */
export const createRenderField = (data: FieldData, extensions: Extensions = {}): RenderField => {
  const { program, layout, computed } = networkOf(parseSpec(data.spec, extensions), extensions);
  if (computed.length > 0)
    throw new TypeError('render: a layer computes an array in TensorFlow.js ops, which runs with field.evaluate alone');
  const arrays = layout.entries.map(({ name, size }) => {
    const found = data.parameters.get(name)?.data;
    if (found?.length !== size)
      throw new RangeError(`render: '${name}' must have ${size} values, got ${found?.length ?? 'none'}`);
    return found;
  });
  const read: ArrayReader = operand => (operand.kind === 'constant' ? operand.values() : arrays[operand.index]!);
  const { inFeatures, outFeatures, operations, output } = program;
  const widths = [inFeatures, ...operations.map(operation => operation.outFeatures)];
  const blocks = operations.map(operation =>
    blockOf(
      operation,
      operation.inputs.map(register => widths[register]!),
      read,
    ),
  );
  const registers = widths.map(width => new Float32Array(BLOCK * width));

  const count = (coords: Float32Array): number => {
    if (!(coords instanceof Float32Array))
      throw new TypeError(`render: coords must be a Float32Array [n, ${inFeatures}], got ${typeof coords}`);
    if (coords.length % inFeatures !== 0)
      throw new RangeError(`render: coords must be [n, ${inFeatures}], got ${coords.length} values`);
    return coords.length / inFeatures;
  };
  const evaluateBlock = (coords: Float32Array, values: Float32Array, start: number, points: number): void => {
    registers[0]!.set(coords.subarray(start * inFeatures, (start + points) * inFeatures));
    for (const [i, block] of blocks.entries())
      block(
        operations[i]!.inputs.map(register => registers[register]!),
        registers[i + 1]!,
        points,
      );
    values.set(registers[output]!.subarray(0, points * outFeatures), start * outFeatures);
  };

  return {
    inFeatures,
    outFeatures,
    evaluate(coords) {
      const n = count(coords);
      const values = new Float32Array(n * outFeatures);
      for (let start = 0; start < n; start += BLOCK) evaluateBlock(coords, values, start, Math.min(BLOCK, n - start));
      return values;
    },
    async evaluateAsync(coords, options = {}) {
      assertOptions('evaluateAsync', options, { onProgress: 1, signal: 1 });
      const { onProgress, signal } = options;
      signal?.throwIfAborted();
      const n = count(coords);
      const values = new Float32Array(n * outFeatures);
      let last = performance.now();
      for (let start = 0; start < n; start += BLOCK) {
        const points = Math.min(BLOCK, n - start);
        evaluateBlock(coords, values, start, points);
        if (performance.now() - last < SLICE_MS) continue;
        onProgress?.(start + points, n);
        await pause();
        signal?.throwIfAborted();
        last = performance.now();
      }
      onProgress?.(n, n);
      return values;
    },
  };
};

/**
 * A field for drawing, from a file that `encodeField` wrote.
 *
 * @throws SafetensorsError or FieldFileError when the file is damaged or holds no field, TypeError when it has a layer
 *   or activation that is written in tfjs ops
 */
export const decodeRenderField = (bytes: Uint8Array, extensions: Extensions = {}): RenderField =>
  createRenderField(decodeFieldData(bytes, extensions), extensions);
