import type { ActivationDefinition } from './activation.ts';
import { expSinActivation } from './exp-sin.ts';
import { finerActivation } from './finer.ts';
import { gaussianActivation } from './gaussian.ts';
import { identityActivation } from './identity.ts';
import { laplaceActivation } from './laplace.ts';
import { multiquadricActivation } from './multiquadric.ts';
import { preluActivation } from './prelu.ts';
import { quadraticActivation } from './quadratic.ts';
import { reluActivation } from './relu.ts';
import { sigmoidActivation } from './sigmoid.ts';
import { siluActivation } from './silu.ts';
import { sineActivation } from './sine.ts';
import { softplusActivation } from './softplus.ts';
import { superGaussianActivation } from './super-gaussian.ts';
import { tanhActivation } from './tanh.ts';

export type { ActivationDefinition, ActivationParameters, ActivationSpec, DerivativeOrder } from './activation.ts';
export {
  type ActivationOptions,
  activationParameterValues,
  assertActivationSpec,
  learnableParameters,
} from './activation-parameters.ts';
export { type ExpSinSpec, expSin, expSinActivation } from './exp-sin.ts';
export { type FinerSpec, finer, finerActivation } from './finer.ts';
export { type GaussianSpec, gaussian, gaussianActivation } from './gaussian.ts';
export { type IdentitySpec, identity, identityActivation } from './identity.ts';
export { type LaplaceSpec, laplace, laplaceActivation } from './laplace.ts';
export { type MultiquadricSpec, multiquadric, multiquadricActivation } from './multiquadric.ts';
export { type PreluSpec, prelu, preluActivation } from './prelu.ts';
export { type QuadraticSpec, quadratic, quadraticActivation } from './quadratic.ts';
export { type ReluSpec, relu, reluActivation } from './relu.ts';
export { type SigmoidSpec, sigmoid, sigmoidActivation } from './sigmoid.ts';
export { type SiluSpec, silu, siluActivation } from './silu.ts';
export { type SineSpec, sine, sineActivation } from './sine.ts';
export { type SoftplusSpec, softplus, softplusActivation } from './softplus.ts';
export { type SuperGaussianSpec, superGaussian, superGaussianActivation } from './super-gaussian.ts';
export { type TanhSpec, tanh, tanhActivation } from './tanh.ts';

/** All activations of core, identified by their `kind`. */
export const coreActivations: readonly ActivationDefinition[] = [
  identityActivation,
  reluActivation,
  preluActivation,
  sineActivation,
  tanhActivation,
  sigmoidActivation,
  siluActivation,
  softplusActivation,
  gaussianActivation,
  quadraticActivation,
  multiquadricActivation,
  laplaceActivation,
  superGaussianActivation,
  expSinActivation,
  finerActivation,
];
