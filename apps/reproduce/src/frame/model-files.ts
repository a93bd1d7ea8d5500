/** @file Fitted models as files: fields as field files, and other models with their description. */
import { type Extensions, encodeField, Field, fieldFromData } from '@neural-fields/core';
import { decodeFieldData, decodeModelData, encodeModelData, type ModelData } from '@neural-fields/core/files';
import { tensor, tidy } from '@tensorflow/tfjs-core';
import type { TrainedModel } from './experiment.ts';

/** Writes a model to bytes. */
export const encodeTrained = async (
  model: TrainedModel,
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array<ArrayBuffer>> => {
  if (model instanceof Field) return encodeField(model, metadata);
  const parameters = await Promise.all(
    Object.entries(model.parameters).map(
      async ([name, variable]) =>
        [name, { shape: variable.shape, data: Float32Array.from(await variable.data()) }] as const,
    ),
  );
  const description = model.description as object as ModelData['description'];
  return encodeModelData({ description, parameters: new Map(parameters) }, { metadata });
};

/** A model from a file. */
export interface DecodedModel<M extends TrainedModel> {
  readonly metadata: Readonly<Record<string, string>>;
  /** Makes the model, once it is known to be the wanted one. @throws RangeError when its parameters are others */
  make(): M;
}

/** Gives a model other parameters. @throws RangeError when one is missing or of another size */
export const assignParameters = (
  { layout, parameters }: TrainedModel,
  values: ReadonlyMap<string, { readonly data: ArrayLike<number> }>,
): void => {
  for (const { name, shape, size } of layout.entries) {
    const data = values.get(name)?.data;
    if (data?.length !== size)
      throw new RangeError(`the parameter ${name} must have ${size} values, got ${data?.length ?? 'none'}`);
    tidy(() => parameters[name]?.assign(tensor(Float32Array.from(data), [...shape])));
  }
};

/**
 * Reads a model from bytes.
 *
 * @param create makes a model of the same description; absent for a field
 * @throws SafetensorsError or FieldFileError when the bytes are not such a model
 */
export const decodeTrained = <M extends TrainedModel>(
  bytes: Uint8Array,
  { model: create, extensions }: { readonly model?: () => M; readonly extensions?: Extensions },
): DecodedModel<M> => {
  if (create === undefined) {
    const { metadata, ...data } = decodeFieldData(bytes, extensions);
    // Without `create`, what is fitted is a field.
    return { metadata, make: () => fieldFromData(data, extensions) as TrainedModel as M };
  }
  const { metadata, parameters } = decodeModelData(bytes);
  const make = (): M => {
    const model = create();
    try {
      assignParameters(model, parameters);
      return model;
    } catch (error) {
      model.dispose();
      throw error;
    }
  };
  return { metadata, make };
};
