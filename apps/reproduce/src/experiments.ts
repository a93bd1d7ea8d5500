/** @file All experiments, in the order of `reproduce all`. */
import { functaClassification } from './experiments/functa-classification.ts';
import { metaInitialisation } from './experiments/meta-initialisation.ts';
import { priorConvEncoder, priorSetEncoder } from './experiments/prior-completion.ts';
import { priorInterpolation } from './experiments/prior-interpolation.ts';
import { sirenAudio } from './experiments/siren-audio.ts';
import { sirenHelmholtz } from './experiments/siren-helmholtz.ts';
import { sirenHelmholtzInversion } from './experiments/siren-helmholtz-inversion.ts';
import { sirenImage } from './experiments/siren-image.ts';
import { sirenInitialisation } from './experiments/siren-initialisation.ts';
import { sirenInpainting } from './experiments/siren-inpainting.ts';
import { sirenPoissonCompositing } from './experiments/siren-poisson-compositing.ts';
import { sirenPoissonGradient } from './experiments/siren-poisson-gradient.ts';
import { sirenPoissonLaplacian } from './experiments/siren-poisson-laplacian.ts';
import { sirenSdf } from './experiments/siren-sdf.ts';
import { sirenSuperresolution } from './experiments/siren-superresolution.ts';
import { sirenWave } from './experiments/siren-wave.ts';
import { spectralBias } from './experiments/spectral-bias.ts';
import { tunerAddPrune } from './experiments/tuner-add-prune.ts';
import { tunerBounds } from './experiments/tuner-bounds.ts';
import { tunerComparison } from './experiments/tuner-comparison.ts';
import { tunerCriteria } from './experiments/tuner-criteria.ts';
import { tunerFrequencies } from './experiments/tuner-frequencies.ts';
import { tunerInitialisation } from './experiments/tuner-initialisation.ts';
import { tunerKodak } from './experiments/tuner-kodak.ts';
import { tunerLearnedBounds } from './experiments/tuner-learned-bounds.ts';
import { tunerPruning } from './experiments/tuner-pruning.ts';
import { tunerSpectralChoice } from './experiments/tuner-spectral-choice.ts';
import type { Experiment } from './frame/experiment.ts';

/** All experiments. */
export const experiments: readonly Experiment[] = [
  sirenInitialisation,
  sirenImage,
  sirenAudio,
  sirenPoissonGradient,
  sirenPoissonLaplacian,
  sirenPoissonCompositing,
  sirenInpainting,
  sirenSuperresolution,
  sirenSdf,
  sirenHelmholtz,
  sirenHelmholtzInversion,
  sirenWave,
  spectralBias,
  priorSetEncoder,
  priorConvEncoder,
  priorInterpolation,
  metaInitialisation,
  functaClassification,
  tunerInitialisation,
  tunerBounds,
  tunerFrequencies,
  tunerSpectralChoice,
  tunerLearnedBounds,
  tunerPruning,
  tunerCriteria,
  tunerAddPrune,
  tunerKodak,
  tunerComparison,
];
