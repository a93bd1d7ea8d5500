/** @file How a kind named in a spec is found: among the core definitions and those that the caller hands over. */
import type { ActivationDefinition, ActivationSpec } from '../activations/activation.ts';
import { coreActivations } from '../activations/index.ts';
import type { Extensions } from './layer.ts';

/** The core definitions alone. One object, as what follows from a spec is remembered for each object of extensions. */
export const noExtensions: Extensions = Object.freeze({});

/** Finds a definition by its kind. @throws RangeError that lists what is known */
export const findDefinition = <T extends { readonly kind: string }>(
  what: string,
  kind: string,
  known: readonly T[],
): T => {
  const definition = known.find(candidate => candidate.kind === kind);
  if (definition === undefined)
    throw new RangeError(
      `field spec: unknown ${what} '${kind}'; known are ${known.map(candidate => candidate.kind).join(', ')}` +
        ` (give definitions of your own as extensions: { ${what}s: [...] })`,
    );
  return definition;
};

/** The definition of an activation. @throws RangeError when the kind is neither a core one nor among the extensions */
export const findActivation = (spec: ActivationSpec, extensions: Extensions = noExtensions): ActivationDefinition =>
  findDefinition('activation', spec.kind, [...(extensions.activations ?? []), ...coreActivations]);
