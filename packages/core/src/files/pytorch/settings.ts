/**
 * @file What `exportPytorch` notes beside a state dict: the activations of the layers, which PyTorch's names do not
 *   say. PyTorch ignores it.
 *
 *     __metadata__   neural-fields.activations: the list of the activations' specs as JSON
 */
import type { ActivationSpec } from '../../activations/activation.ts';
import { FieldFileError } from '../field-file-error.ts';

const KEY = 'neural-fields.activations';
/** A spec of an activation is one object of numbers and names; one activation a layer, and 200 characters for each. */
const CHARACTERS_PER_LAYER = 1000;

/** The activations of the layers, as metadata. */
export const writeSettings = (activations: readonly ActivationSpec[]): Record<string, string> => ({
  [KEY]: JSON.stringify(activations),
});

const isActivation = (value: unknown): value is ActivationSpec =>
  typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';

/**
 * The activations in the metadata, one for each layer; `undefined` where there are none.
 *
 * @throws FieldFileError `invalid-spec`
 */
export const readSettings = (
  metadata: Readonly<Record<string, string>>,
  layers: number,
): readonly ActivationSpec[] | undefined => {
  const text = metadata[KEY];
  if (text === undefined) return undefined;
  const invalid = (cause?: unknown): FieldFileError =>
    new FieldFileError('invalid-spec', `'${KEY}' in the metadata must be a list of ${layers} activations`, { cause });
  if (text.length > CHARACTERS_PER_LAYER * layers) throw invalid();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(cause);
  }
  if (!Array.isArray(value) || value.length !== layers || !value.every(isActivation)) throw invalid();
  return value;
};
