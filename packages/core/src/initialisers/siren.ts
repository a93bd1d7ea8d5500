import type { ActivationSpec } from '../activations/activation.ts';
import type { InitialiserContext, InitialiserDefinition } from './initialiser.ts';
import { fillUniform } from './uniform.ts';

/** The initialisation of SIREN's first layer. */
export interface SirenFirstSpec {
  readonly kind: 'siren-first';
}

/** The initialisation of SIREN's other layers. */
export interface SirenHiddenSpec {
  readonly kind: 'siren-hidden';
  /**
   * The omega by which the weights are divided. Needed only where neither the layer nor the one before has an
   * activation with an omega.
   */
  readonly omega?: number;
  /** The fan-in, e.g. behind a product of narrower branches; the number of the layer's inputs if absent. */
  readonly fanIn?: number;
}

/**
 * U(-1/n, 1/n) for n coordinates: Sitzmann et al. 2020, arXiv:2006.09661, supplement section 1.5; omega0 is a parameter
 * of the activation.
 */
export const sirenFirst: InitialiserDefinition<SirenFirstSpec> = {
  kind: 'siren-first',
  fill: (values, _spec, { inFeatures }, rng) => fillUniform(values, 1 / inFeatures, rng),
};

const omegaOf = (activation: ActivationSpec | undefined): number | undefined =>
  typeof activation?.['omega'] === 'number' ? activation['omega'] : undefined;

/**
 * The omega by which a hidden SIREN layer's weights are divided: the given one, that of the layer's activation, or, for
 * the final linear layer, that of the activation before it, as in the authors' code.
 */
const layerOmega = (
  { omega: given }: SirenHiddenSpec,
  { activation, previousActivation }: InitialiserContext,
): number => {
  const omega = given ?? omegaOf(activation) ?? omegaOf(previousActivation);
  if (omega === undefined)
    throw new RangeError(
      `siren-hidden initialiser: needs an activation with an omega on the layer or before it, or the option omega, got ` +
        `'${activation.kind}' after '${previousActivation?.kind ?? 'no dense layer'}'`,
    );
  return omega;
};

/**
 * U(-sqrt(6/n)/omega, sqrt(6/n)/omega) for n input features: Sitzmann et al. 2020, arXiv:2006.09661, section 3.2 and
 * supplement theorem 1.8. For arcsine-distributed inputs, omega times the pre-activation is then N(0, 1).
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
