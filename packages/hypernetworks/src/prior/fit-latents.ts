/** @file The latents of new signals, by optimisation: the test time of an auto-decoder. */
import {
  adam,
  createModel,
  createParameters,
  type DerivativeRequest,
  type FitProgress,
  fit,
  type PointLoss,
  parameterTerm,
  term,
} from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { assertOptions } from '@neural-fields/core/options';
import { type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import type { Signal } from '../signals/signal.ts';
import { pointsOfSignals } from '../signals/signal-points.ts';
import { assertLatents, type Prior } from './prior.ts';

/** The options of {@link fitLatents}. */
export interface FitLatentsOptions<R extends DerivativeRequest> {
  /** The loss at the samples, e.g. `mse()`. */
  readonly loss: PointLoss<R>;
  /** 200 if absent. */
  readonly steps?: number;
  /** The learning rate of Adam; 1e-2 if absent. */
  readonly learningRate?: number;
  /** The weight of mean z^2, which keeps the latents in the space that was trained; 1e-3 if absent. */
  readonly latentWeight?: number;
  /** Samples of each signal in a step, drawn at random; all if absent. */
  readonly pointsPerSignal?: number;
  /** The latents to start from, `f32[b, L]`, e.g. those of the encoder; zeros if absent. */
  readonly start?: Tensor2D;
  /** The seed for drawing samples; 0 if absent. */
  readonly seed?: number;
  /** Stops it: it throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called for every step. */
  readonly onProgress?: (progress: FitProgress) => void;
}

/**
 * Finds the latents of signals: argmin over z of the loss of the generated field plus `latentWeight` mean z^2, by Adam,
 * with the prior as it is. `f32[b, L]`, which the caller disposes of; `prior.fields` makes the fields.
 *
 * Park et al. 2019, "DeepSDF", arXiv:1901.05103, section 4.2, equation 10.
 *
 * @throws RangeError when a signal or the start does not fit the prior, DivergenceError when the loss diverges
 */
export const fitLatents = async <const R extends DerivativeRequest = Record<never, never>>(
  prior: Prior,
  signals: Iterable<Signal>,
  options: FitLatentsOptions<R>,
): Promise<Tensor2D> => {
  assertOptions('fitLatents', options, {
    loss: 1,
    steps: 1,
    learningRate: 1,
    latentWeight: 1,
    pointsPerSignal: 1,
    start: 1,
    seed: 1,
    signal: 1,
    onProgress: 1,
  });
  const { loss, steps = 200, learningRate = 1e-2, latentWeight = 1e-3, start, seed = 0, signal, onProgress } = options;
  const { pointsPerSignal } = options;
  const all = [...signals];
  const { latentFeatures } = prior.spec;
  if (start) {
    assertLatents('fitLatents: start', start, latentFeatures);
    if (start.shape[0] !== all.length)
      throw new RangeError(
        `fitLatents: start must have a row for each of ${all.length} signals, got ${start.shape[0]}`,
      );
  }
  const source = { inFeatures: prior.inFeatures, outFeatures: prior.outFeatures, signalsPerStep: all.length };
  const points = pointsOfSignals(source, all, {
    inOrder: true,
    ...(pointsPerSignal !== undefined && { pointsPerSignal }),
  });
  const shape = [all.length, latentFeatures];
  const codes = createParameters({ latents: { shape } }, start ? { parameters: { latents: start } } : { seed: 0 });
  try {
    const model = createModel({
      kind: 'latents',
      parts: { codes },
      fields: {
        fields: {
          ...prior.batchOptions(all.length),
          parameters: ({ codes: bound }) => prior.generate(bound.tensor('latents') as Tensor2D),
        },
      },
    });
    const terms = [
      term({ name: 'data', points, loss }),
      ...(latentWeight === 0
        ? []
        : // The data term is summed over the signals, and this one is a mean over all of them.
          [parameterTerm({ name: 'latents', penalty: squared, weight: latentWeight * all.length })]),
    ];
    const run = fit(model, terms, {
      steps,
      seed,
      optimizer: adam({ learningRate }),
      ...(signal && { signal }),
    });
    for await (const progress of run) onProgress?.(progress);
    return tidy(() => (codes.parameters['latents'] as object as Tensor2D).clone());
  } finally {
    codes.dispose();
  }
};
