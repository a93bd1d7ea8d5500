/**
 * @file Metadata that `exportPytorch` adds to a state dict: the activations of the layers, which PyTorch's names do not
 *   contain. PyTorch ignores it. It is the list of the activations' specs as JSON, under the key
 *   `neural-fields.activations`: of `__metadata__` in a safetensors file, of the folder `extra` in a `.pth` file.
 */
import type { ActivationSpec } from '../../activations/activation.ts';
import { FieldFileError } from '../field-file-error.ts';

/** The key of the metadata. */
export const SETTINGS_KEY = 'neural-fields.activations';
/** The maximum length of the metadata per layer; the spec of an activation takes about 200 characters. */
const CHARACTERS_PER_LAYER = 1000;

/** The activations of the layers, as metadata. */
export const writeSettings = (activations: readonly ActivationSpec[]): Record<string, string> => ({
  [SETTINGS_KEY]: JSON.stringify(activations),
});

const isActivation = (value: unknown): value is ActivationSpec =>
  typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';

/**
 * The activations in the metadata, one per layer; `undefined` if there are none.
 *
 * @throws FieldFileError `invalid-spec`
 */
export const readSettings = (
  metadata: Readonly<Record<string, string>>,
  layers: number,
): readonly ActivationSpec[] | undefined => {
  const text = metadata[SETTINGS_KEY];
  if (text === undefined) return undefined;
  const invalid = (cause?: unknown): FieldFileError =>
    new FieldFileError('invalid-spec', `'${SETTINGS_KEY}' in the metadata must be a list of ${layers} activations`, {
      cause,
    });
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
