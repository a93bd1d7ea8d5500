/** @file Priors as safetensors files. */
import type { Extensions } from '@neural-fields/core';
import { decodeModelData, encodeModelData, FieldFileError, type ModelData } from '@neural-fields/core/files';
import { createPrior, type Prior, type PriorDescription } from './prior.ts';

/**
 * Writes a prior as a safetensors file with its description in the metadata.
 *
 * @param metadata free text by key, e.g. what it was trained on
 */
export const encodePrior = async (
  prior: Prior,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array<ArrayBuffer>> => {
  const parameters = await Promise.all(
    Object.entries(prior.parameters).map(
      async ([name, variable]) =>
        [name, { shape: variable.shape, data: Float32Array.from(await variable.data()) }] as const,
    ),
  );
  const description = prior.description as object as ModelData['description'];
  return encodeModelData({ description, parameters: new Map(parameters) }, { metadata });
};

/** A prior from a file, with the file's metadata. */
export interface PriorFile {
  /** The caller disposes of it. */
  readonly prior: Prior;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a prior from a file that {@link encodePrior} wrote, or from a checkpoint.
 *
 * @throws SafetensorsError when the file is damaged or of another format, FieldFileError when it holds no prior
 */
export const decodePrior = (bytes: Uint8Array, extensions: Extensions = {}): PriorFile => {
  const { description, parameters, metadata } = decodeModelData(bytes);
  const { kind, field, generator, encoder, latentFeatures, signalsPerStep } = description as Partial<PriorDescription>;
  if (kind !== 'prior')
    throw new FieldFileError('invalid-spec', `the model must be a prior, got '${String(kind).slice(0, 40)}'`);
  try {
    const prior = createPrior({
      field: field as PriorDescription['field'],
      generator: generator as PriorDescription['generator'],
      encoder: encoder as PriorDescription['encoder'],
      latentFeatures: latentFeatures as number,
      signalsPerStep: signalsPerStep as number,
      extensions,
      parameters: Object.fromEntries([...parameters].map(([name, { data }]) => [name, data])),
    });
    return { prior, metadata };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FieldFileError('invalid-spec', `the description of the prior does not fit (${reason})`, { cause });
  }
};
