/** @file Looks up the kinds named in a spec among core's definitions and those that the caller passes. */
import type { ActivationDefinition, ActivationSpec } from '../activations/activation.ts';
import { coreActivations } from '../activations/index.ts';
import type { Extensions } from './layer.ts';

/** No definitions beyond core's. One shared object, because networks are cached by spec and extensions object. */
export const noExtensions: Extensions = Object.freeze({});

/** Finds a definition by its kind. @throws RangeError that lists the known kinds */
export const findDefinition = <T extends { readonly kind: string }>(
  what: string,
  kind: string,
  known: readonly T[],
): T => {
  const definition = known.find(candidate => candidate.kind === kind);
  if (definition === undefined)
    throw new RangeError(
      `field spec: unknown ${what} '${kind}'; known: ${known.map(candidate => candidate.kind).join(', ')}` +
        ` (pass your own definitions as extensions: { ${what}s: [...] })`,
    );
  return definition;
};

/**
 * The definition of an activation.
 *
 * @throws RangeError when the kind is neither one of core's nor among the extensions
 */
export const findActivation = (spec: ActivationSpec, extensions: Extensions = noExtensions): ActivationDefinition =>
  findDefinition('activation', spec.kind, [...(extensions.activations ?? []), ...coreActivations]);
