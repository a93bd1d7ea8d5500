import type { Extensions } from '@neural-fields/core';
import { encodings } from '@neural-fields/encodings';

/** What the program knows beside core's own layers and activations. */
export const extensions: Extensions = { layers: encodings };
