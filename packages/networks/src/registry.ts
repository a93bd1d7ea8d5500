/** @file All presets. A new one is a file in `presets`, and its line here. */
import { nearestNames } from '@neural-fields/core/options';
import type { NetworkPreset } from './preset.ts';
import { baconPreset } from './presets/bacon.ts';
import { cosinePreset } from './presets/cosine.ts';
import { deepSdfPreset } from './presets/deepsdf.ts';
import { expSinPreset } from './presets/exp-sin.ts';
import { finerPreset } from './presets/finer.ts';
import { finerGaussianPreset } from './presets/finer-gaussian.ts';
import { gaussianPreset } from './presets/gaussian.ts';
import { geluPreset } from './presets/gelu.ts';
import { hoscPreset } from './presets/hosc.ts';
import { instantNgpPreset } from './presets/instant-ngp.ts';
import { laplacePreset } from './presets/laplace.ts';
import { mfnFourierPreset } from './presets/mfn-fourier.ts';
import { mfnGaborPreset } from './presets/mfn-gabor.ts';
import { multiquadricPreset } from './presets/multiquadric.ts';
import { quadraticPreset } from './presets/quadratic.ts';
import { rbfPreset } from './presets/rbf.ts';
import { reluPreset } from './presets/relu.ts';
import { reluFourierFeaturesPreset } from './presets/relu-fourier-features.ts';
import { reluPositionalEncodingPreset } from './presets/relu-positional-encoding.ts';
import { reluRbfPreset } from './presets/relu-rbf.ts';
import { residualSirenPreset } from './presets/residual-siren.ts';
import { sirenPreset } from './presets/siren.ts';
import { sirenLatentPreset } from './presets/siren-latent.ts';
import { sirenWeightScalingPreset } from './presets/siren-weight-scaling.ts';
import { superGaussianPreset } from './presets/super-gaussian.ts';
import { tanhPreset } from './presets/tanh.ts';
import { tunerPreset } from './presets/tuner.ts';
import { wirePreset } from './presets/wire.ts';
import { wireRealPreset } from './presets/wire-real.ts';

/** All presets, in the order in which programs list them. */
export const networkPresets: readonly NetworkPreset[] = [
  sirenPreset,
  sirenWeightScalingPreset,
  residualSirenPreset,
  sirenLatentPreset,
  tunerPreset,
  cosinePreset,
  finerPreset,
  finerGaussianPreset,
  hoscPreset,
  wirePreset,
  wireRealPreset,
  gaussianPreset,
  superGaussianPreset,
  laplacePreset,
  quadraticPreset,
  multiquadricPreset,
  expSinPreset,
  mfnFourierPreset,
  mfnGaborPreset,
  baconPreset,
  reluPreset,
  reluPositionalEncodingPreset,
  reluFourierFeaturesPreset,
  instantNgpPreset,
  reluRbfPreset,
  rbfPreset,
  tanhPreset,
  geluPreset,
  deepSdfPreset,
];

/**
 * The preset of that name.
 *
 * @throws RangeError that names the nearest presets, and all of them
 */
export const networkPreset = (name: string): NetworkPreset => {
  const found = networkPresets.find(preset => preset.name === name);
  if (found !== undefined) return found;
  const names = networkPresets.map(preset => preset.name);
  const near = nearestNames(name, names);
  const hint = near.length > 0 ? `, perhaps '${near.join("' or '")}'` : '';
  throw new RangeError(`networkPreset: unknown preset '${name}'${hint}; the presets are ${names.join(', ')}`);
};
