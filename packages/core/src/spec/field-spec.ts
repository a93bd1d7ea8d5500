import type { LayerSpec } from './layer.ts';

/** A network that maps coordinates to signal values, as data. */
export interface FieldSpec {
  /** The number of coordinates. */
  readonly inFeatures: number;
  /** The layers in the order in which they are applied. */
  readonly layers: readonly LayerSpec[];
}
