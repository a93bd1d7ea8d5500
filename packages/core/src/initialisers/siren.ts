import type { ActivationSpec } from '../activations/activation.ts';
import type { Initialise, InitialiserContext } from './initialiser.ts';
import { fillUniform } from './uniform.ts';

/** U(-1/n, 1/n) for n coordinates: Sitzmann et al. 2020, arXiv:2006.09661, supplement section 1.5; omega0 stands in the activation. */
export const sirenFirst: Initialise = (values, { inFeatures }, rng) => fillUniform(values, 1 / inFeatures, rng);

const omegaOf = (activation: ActivationSpec | undefined): number | undefined =>
  typeof activation?.['omega'] === 'number' ? activation['omega'] : undefined;

/**
 * The omega by which a hidden SIREN layer's weights are divided: that of its own activation, or, for the linear layer at the end, that
 * of the activation before it, as in the authors' code.
 */
const layerOmega = ({ activation, previousActivation }: InitialiserContext): number => {
  const omega = omegaOf(activation) ?? omegaOf(previousActivation);
  if (omega === undefined)
    throw new RangeError(
      `siren-hidden initialiser: needs an activation with an omega on the layer or before it, got '${activation.kind}' after ` +
        `'${previousActivation?.kind ?? 'no dense layer'}'`,
    );
  return omega;
};

/**
 * U(-sqrt(6/n)/omega, sqrt(6/n)/omega) for n input features: Sitzmann et al. 2020, arXiv:2006.09661, section 3.2 and supplement
 * theorem 1.8. For inputs that are arcsine-distributed, omega times the pre-activation is then N(0, 1).
 */
export const sirenHidden: Initialise = (values, context, rng) =>
  fillUniform(values, Math.sqrt(6 / context.inFeatures) / layerOmega(context), rng);
