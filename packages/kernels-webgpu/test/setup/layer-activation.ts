import { coreActivations } from '@neural-fields/core/layers';
import type { LayerActivation } from '../../src/wgsl/activations.ts';

/** One of core's activations as a layer has it. */
export const layerActivation = (
  kind: string,
  parameters: LayerActivation['parameters'] = {},
  learnable: readonly string[] = [],
): LayerActivation => {
  const definition = coreActivations.find(known => known.kind === kind);
  return { kind, parameters, learnable, ...(definition && { definition }) };
};
