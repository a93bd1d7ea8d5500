import { assertOneOf, assertOptions } from '@neural-fields/core/options';
import { type ArrayView, copyElements, elementCount, formatShape } from '../arrays/array-view.ts';
import type { GridConvention, Span } from '../grids/axis.ts';
import type { PointSet } from './point-set.ts';
import { createSignal } from './signal.ts';
import { signalPoints } from './signal-points.ts';

/** The options of {@link audioSamples}. */
export interface AudioSampleOptions {
  /** The coordinates of the first and the last sample. Default: [-1, 1]. The SIREN authors' code uses [-100, 100]. */
  readonly coordinateRange?: Span;
  /** Default: `corner-aligned`. */
  readonly convention?: GridConvention;
  /**
   * `keep` (default): the targets are the samples. `peak`: they are divided by the loudest sample, as in the SIREN
   * authors' code.
   */
  readonly amplitude?: 'keep' | 'peak';
}

const peakOf = (samples: ArrayView): number =>
  copyElements(samples, new Float32Array(elementCount(samples.shape))).reduce(
    (peak, value) => Math.max(peak, Math.abs(value)),
    0,
  );

/**
 * Every sample of a sound, in order, in every step. The coordinate is time, `f32[n, 1]`; the target `value` is `[n,
 * channels]`.
 *
 * @param audio the result of `decodeAudio`; `samples` is `[n, channels]`, any floating-point array
 * @throws RangeError when there are no samples, a sample is NaN or infinite, an option is out of range, or `amplitude`
 *   is `peak` and the sound is silent
 */
export const audioSamples = (audio: { readonly samples: ArrayView }, options: AudioSampleOptions = {}): PointSet => {
  assertOptions('audioSamples', options, { coordinateRange: 1, convention: 1, amplitude: 1 });

  const { coordinateRange = [-1, 1], convention = 'corner-aligned', amplitude = 'keep' } = options;
  assertOneOf('audioSamples: amplitude', amplitude, ['keep', 'peak']);
  if (audio.samples.shape.length !== 2)
    throw new RangeError(`audioSamples: samples must be [n, channels], got ${formatShape(audio.samples.shape)}`);
  const peak = amplitude === 'peak' ? peakOf(audio.samples) : 1;
  if (peak === 0) throw new RangeError('audioSamples: silence cannot be scaled to its peak; choose amplitude: "keep"');
  const signal = createSignal('audioSamples', audio.samples, {
    valueScale: [-peak, peak],
    range: [-1, 1],
    spans: [coordinateRange],
    convention,
  });
  return signalPoints('audioSamples', signal);
};
