import type { Extensions } from '@neural-fields/core';
import { networkExtensions } from '@neural-fields/networks';

/** The layers and activations that the program adds to core's own: those of networks, with the encodings. */
export const extensions: Extensions = networkExtensions;
