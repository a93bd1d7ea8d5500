import type { FieldSpec } from '../spec/spec.ts';
import type { ShapedArray } from './safetensors.ts';

/** A field as plain data: what its spec and its parameters are, with no tensor and nothing to dispose of. */
export interface FieldData {
  readonly spec: FieldSpec;
  /** By name, float32, in the order of `parameterShapes(spec)`, e.g. `layers.0.weight [inFeatures, outFeatures]`. */
  readonly parameters: ReadonlyMap<string, ShapedArray<Float32Array>>;
}
