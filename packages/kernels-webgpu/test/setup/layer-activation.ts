import { coreActivations } from '@neural-fields/core/layers';
import type { LayerActivation } from '../../src/wgsl/activations.ts';

/** An activation of core as a layer's activation. */
export const layerActivation = (
  kind: string,
  parameters: LayerActivation['parameters'] = {},
  learnable: readonly string[] = [],
): LayerActivation => {
  const definition = coreActivations.find(known => known.kind === kind);
  return { kind, parameters, learnable, ...(definition && { definition }) };
};
