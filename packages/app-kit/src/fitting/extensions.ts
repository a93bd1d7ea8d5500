import type { Extensions } from '@neural-fields/core';
import { networkExtensions } from '@neural-fields/networks';
import { periodicLayer } from '@neural-fields/periodic-init';

/** The layers and activations that the program adds to core's own: those of encodings and networks are among them. */
export const extensions: Extensions = {
  ...networkExtensions,
  layers: [...(networkExtensions.layers ?? []), periodicLayer],
};
