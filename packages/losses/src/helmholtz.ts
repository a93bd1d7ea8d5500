import type { Jet } from '@neural-fields/core';
import { assertNonNegative, assertOptions, assertPositive } from '@neural-fields/core/options';
import { add, cast, mul, notEqual, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { type HelmholtzDerivatives, helmholtzDerivatives, helmholtzResidual } from './helmholtz-residual.ts';
import { type JetLoss, jetLoss } from './jet-loss.ts';
import { absolute, type Penalty, penalise } from './penalty.ts';
import type { PerfectlyMatchedLayer } from './perfectly-matched-layer.ts';
import { findTarget, type Targets } from './targets.ts';

/** Options common to the Helmholtz losses. */
export interface HelmholtzOptions {
  /** k, in radians per coordinate unit; 20 in the paper. */
  readonly wavenumber: number;
  /** The absorbing layer, `perfectlyMatchedLayer()` for that of the paper; `null` for none. */
  readonly absorbing: PerfectlyMatchedLayer | null;
  /**
   * The target with the right-hand side s, pairs of real and imaginary parts, `f32[n, o]`; `source` if absent, `null`
   * for s = 0.
   */
  readonly source?: string | null;
  /**
   * The factor on the loss where s is not 0; 1 if absent. The authors use the number of points per step divided by
   * 1000.
   */
  readonly onSourceWeight?: number;
  /** The factor on the loss where s is 0; 1 if absent. */
  readonly offSourceWeight?: number;
  /** Absolute if absent, as in the authors' code. */
  readonly penalty?: Penalty;
  /** The number of coordinates; 2 if absent. */
  readonly inFeatures?: number;
}

/** The options of {@link helmholtz}. */
export interface HelmholtzForwardOptions extends HelmholtzOptions {
  /**
   * The squared slowness m relative to that of the surrounding medium: the name of a target `f32[n, 1]`, or a function
   * of the coordinates, such as `evaluate` of another field, which this fit does not train. 1 if absent.
   */
  readonly squaredSlowness?: string | ((coords: Tensor2D) => Tensor2D);
}

/** @throws RangeError when an option is out of its range */
export const assertHelmholtzOptions = (loss: string, options: HelmholtzOptions): void => {
  const { wavenumber, onSourceWeight = 1, offSourceWeight = 1 } = options;
  assertPositive(`${loss}: wavenumber`, wavenumber);
  assertNonNegative(`${loss}: onSourceWeight`, onSourceWeight);
  assertNonNegative(`${loss}: offSourceWeight`, offSourceWeight);
};

/** The penalty of the residual, weighted on and off the source: `f32[n, o]`. */
export const helmholtzLosses = (
  loss: string,
  options: HelmholtzOptions,
  jet: Jet<HelmholtzDerivatives>,
  { coords, targets, squaredSlowness }: { coords: Tensor2D; targets: Targets; squaredSlowness: Tensor2D | undefined },
): Tensor => {
  const { wavenumber, absorbing, onSourceWeight = 1, offSourceWeight = 1, penalty = absolute } = options;
  const name = options.source === undefined ? 'source' : options.source;
  const width = jet.value.shape[1];
  const source =
    name === null
      ? undefined
      : findTarget(loss, name, targets, { widths: [width], as: 'as the real and imaginary parts' });
  const terms = { wavenumber, absorbing: absorbing ?? undefined, squaredSlowness, source };
  const losses = penalise(penalty, helmholtzResidual(jet, coords, terms));
  if (source === undefined || onSourceWeight === offSourceWeight) return mul(losses, offSourceWeight);
  const onSource = cast<Tensor>(notEqual(source, 0), 'float32');
  return mul(losses, add(mul(onSource, onSourceWeight - offSourceWeight), offSourceWeight));
};

/**
 * The Helmholtz equation for waves in a known medium: |residual|, averaged over points and outputs, with the residual
 * of `helmholtzResidual`.
 *
 * Sitzmann et al. 2020, arXiv:2006.09661, section 4.3 and its supplement. The field's outputs are the real and
 * imaginary parts of its waves.
 *
 * @throws RangeError when an option is out of its range; when evaluated, if a target is absent or its width is wrong
 */
export const helmholtz = (options: HelmholtzForwardOptions): JetLoss<HelmholtzDerivatives> => {
  assertOptions('helmholtz', options, {
    squaredSlowness: 1,
    wavenumber: 1,
    absorbing: 1,
    source: 1,
    onSourceWeight: 1,
    offSourceWeight: 1,
    penalty: 1,
    inFeatures: 1,
  });

  assertHelmholtzOptions('helmholtz', options);
  const { squaredSlowness: given } = options;
  return jetLoss('helmholtz', helmholtzDerivatives(options.inFeatures), (jet, { coords, targets }) => {
    const slowness = (): Tensor2D | undefined => {
      if (given === undefined) return undefined;
      if (typeof given === 'function') return given(coords);
      return findTarget('helmholtz', given, targets, { widths: [1], as: 'for the squared slowness' });
    };
    return helmholtzLosses('helmholtz', options, jet, { coords, targets, squaredSlowness: slowness() });
  });
};
