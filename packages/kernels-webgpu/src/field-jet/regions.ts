/** @file Where the parameters of a network lie: as one vector in the order of the kernel's inputs, and in the arena, where bindings can begin. */
import type { FieldJetLayer, FieldJetNetwork } from '@neural-fields/core/kernels';
import type { SlotRange } from '../device/plan.ts';

/** Bindings begin at multiples of 256 bytes. */
const ALIGNMENT = 64;

/** One parameter. */
export interface Region {
  /** Its place in the vector of all parameters, in floats. */
  readonly start: number;
  readonly length: number;
  /** Its place in the arena. */
  readonly range: Required<SlotRange>;
}

/** The parameters of one layer. The learned parameters of the activation follow each other. */
export interface LayerRegions {
  readonly weight: Region;
  readonly bias?: Region;
  readonly learned?: Region;
}

/** All parameters. */
export interface ParameterRegions {
  readonly layers: readonly LayerRegions[];
  /** How many numbers all parameters are. */
  readonly count: number;
  /** Floats of the arena's buffer `parameters`. */
  readonly slotLength: number;
}

/** The places of all parameters. */
export const parameterRegions = ({ layers }: FieldJetNetwork): ParameterRegions => {
  let start = 0;
  let offset = 0;
  const take = (length: number): Region => {
    const region = { start, length, range: { slot: 'parameters', offset, length } };
    start += length;
    offset = Math.ceil((offset + length) / ALIGNMENT) * ALIGNMENT;
    return region;
  };
  const regions = layers.map(({ inFeatures, outFeatures, hasBias, activation }: FieldJetLayer): LayerRegions => {
    const learned = activation.learnable.length;
    const weight = take(inFeatures * outFeatures);
    return { weight, ...(hasBias && { bias: take(outFeatures) }), ...(learned > 0 && { learned: take(learned) }) };
  });
  return { layers: regions, count: start, slotLength: offset };
};
