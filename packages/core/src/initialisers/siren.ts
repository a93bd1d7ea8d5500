import type { ActivationSpec } from '../activations/activation.ts';
import type { InitialiserContext, InitialiserDefinition } from './initialiser.ts';
import { fillUniform } from './uniform.ts';

/** The initialisation of SIREN's first layer. */
export interface SirenFirstSpec {
  readonly kind: 'siren-first';
}

/** That of its other layers. */
export interface SirenHiddenSpec {
  readonly kind: 'siren-hidden';
  /**
   * The omega by which the weights are divided, where neither the layer nor the one before has an activation that says
   * it.
   */
  readonly omega?: number;
  /** How many inputs count as its fan-in, e.g. behind a product of narrower branches; the layer's inputs if absent. */
  readonly fanIn?: number;
}

/**
 * U(-1/n, 1/n) for n coordinates: Sitzmann et al. 2020, arXiv:2006.09661, supplement section 1.5; omega0 stands in the
 * activation.
 */
export const sirenFirst: InitialiserDefinition<SirenFirstSpec> = {
  kind: 'siren-first',
  fill: (values, _spec, { inFeatures }, rng) => fillUniform(values, 1 / inFeatures, rng),
};

const omegaOf = (activation: ActivationSpec | undefined): number | undefined =>
  typeof activation?.['omega'] === 'number' ? activation['omega'] : undefined;

/**
 * The omega by which a hidden SIREN layer's weights are divided: the one that is given, that of its own activation, or,
 * for the linear layer at the end, that of the activation before it, as in the authors' code.
 */
const layerOmega = (
  { omega: given }: SirenHiddenSpec,
  { activation, previousActivation }: InitialiserContext,
): number => {
  const omega = given ?? omegaOf(activation) ?? omegaOf(previousActivation);
  if (omega === undefined)
    throw new RangeError(
      `siren-hidden initialiser: needs an activation with an omega on the layer or before it, or an omega of its own, got ` +
        `'${activation.kind}' after '${previousActivation?.kind ?? 'no dense layer'}'`,
    );
  return omega;
};

/**
 * U(-sqrt(6/n)/omega, sqrt(6/n)/omega) for n input features: Sitzmann et al. 2020, arXiv:2006.09661, section 3.2 and
 * supplement theorem 1.8. For inputs that are arcsine-distributed, omega times the pre-activation is then N(0, 1).
 */
export const sirenHidden: InitialiserDefinition<SirenHiddenSpec> = {
  kind: 'siren-hidden',
  assertSpec(what, { omega, fanIn }) {
    for (const [name, value] of Object.entries({ omega, fanIn }))
      if (value !== undefined && !(Number.isFinite(value) && value > 0))
        throw new RangeError(`${what}: ${name} must be a positive number, got ${String(value)}`);
  },
  fill: (values, spec, context, rng) =>
    fillUniform(values, Math.sqrt(6 / (spec.fanIn ?? context.inFeatures)) / layerOmega(spec, context), rng),
};
