import type { Extensions } from '@neural-fields/core';
import { encodings } from '@neural-fields/encodings';
import { periodicLayer } from '@neural-fields/periodic-init';

/** The layers and activations that the program adds to core's own. */
export const extensions: Extensions = { layers: [...encodings, periodicLayer] };
