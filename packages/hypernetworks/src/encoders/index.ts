/** @file All kinds of encoders. */
import { autoDecoderDefinition } from './auto-decoder.ts';
import { convEncoderDefinition } from './conv-encoder.ts';
import type { Encoder, EncoderContext, EncoderDefinition, EncoderSpec } from './encoder.ts';
import { pointEncoderDefinition } from './point-encoder.ts';
import { setEncoderDefinition } from './set-encoder.ts';

const definitions: readonly EncoderDefinition[] = [
  autoDecoderDefinition,
  setEncoderDefinition,
  convEncoderDefinition,
  pointEncoderDefinition,
];

/** Makes the encoder of a spec. @throws RangeError when its kind is unknown or does not suit the field */
export const encoderOf = (spec: EncoderSpec, context: EncoderContext): Encoder => {
  const definition = definitions.find(({ kind }) => kind === spec?.kind);
  if (definition === undefined)
    throw new RangeError(
      `prior: unknown encoder '${String(spec?.kind)}'; known: ${definitions.map(({ kind }) => kind).join(', ')}`,
    );
  return definition.build(spec, context);
};
