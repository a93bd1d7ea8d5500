import type { ActivationSpec } from '../activations/activation.ts';
import { assertPositive } from '../assert-number.ts';
import type { InitialiserContext, InitialiserDefinition } from './initialiser.ts';
import { fillUniform } from './uniform.ts';

/** The initialisation of SIREN's first layer. */
export interface SirenFirstSpec {
  readonly kind: 'siren-first';
  /** A factor on the bound: weight scaling; 1 if absent. */
  readonly scale?: number;
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
  /** A factor on the bound: weight scaling; 1 if absent. */
  readonly scale?: number;
}

const assertGiven = (what: string, values: Readonly<Record<string, number | undefined>>): void => {
  for (const [name, value] of Object.entries(values))
    if (value !== undefined) assertPositive(`${what}: ${name}`, value);
};

/**
 * U(-1/n, 1/n) for n coordinates: Sitzmann et al. 2020, arXiv:2006.09661, supplement section 1.5; omega0 is a parameter
 * of the activation. Times `scale`: Yeom et al. 2025, arXiv:2410.04779.
 */
export const sirenFirst: InitialiserDefinition<SirenFirstSpec> = {
  kind: 'siren-first',
  assertSpec: (what, { scale }) => assertGiven(what, { scale }),
  fill: (values, { scale = 1 }, { inFeatures }, rng) => fillUniform(values, scale / inFeatures, rng),
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
 * supplement theorem 1.8. For arcsine-distributed inputs, omega times the pre-activation is then N(0, 1), or N(0,
 * scale^2).
 */
export const sirenHidden: InitialiserDefinition<SirenHiddenSpec> = {
  kind: 'siren-hidden',
  assertSpec: (what, { omega, fanIn, scale }) => assertGiven(what, { omega, fanIn, scale }),
  fill: (values, spec, context, rng) => {
    const { fanIn = context.inFeatures, scale = 1 } = spec;
    fillUniform(values, (scale * Math.sqrt(6 / fanIn)) / layerOmega(spec, context), rng);
  },
};
