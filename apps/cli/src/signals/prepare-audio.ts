import { basename } from 'node:path';
import { explainedWithin, InputError, UsageError } from '@neural-fields/app-kit';
import type { AudioDescription } from '@neural-fields/app-kit/signals';
import {
  type Audio,
  AudioError,
  audioSamples,
  type DecodedAudio,
  decodeAudio,
  suggestOmega,
} from '@neural-fields/signals';
import ndarray from 'ndarray';
import type { AudioSettings, Settings } from '../settings/fit-settings.ts';
import { presets } from '../settings/presets.ts';
import { type Announcer, announced } from './announce.ts';
import { type PreparedSamples, preparedSamples } from './prepared-samples.ts';

const peakOf = (data: ArrayLike<number>): number => {
  let peak = 0;
  for (let i = 0; i < data.length; i++) peak = Math.max(peak, Math.abs(data[i] as number));
  return peak;
};

/** `1:27.5`: minutes and seconds. */
const formatTime = (seconds: number): string => {
  const tenths = Math.round(10 * seconds);
  return `${Math.floor(tenths / 600)}:${((tenths % 600) / 10).toFixed(1).padStart(4, '0')}`;
};

/**
 * The longest sound, in seconds, that a field with the default network and number of steps can learn; see the
 * measurements at `duration` of {@link presets}.
 */
const LEARNED_SECONDS = 10;

const tooLongWarning = (seconds: number): string =>
  `${seconds.toFixed(1)} s are fitted, and the default network and number of steps learn a few seconds well and at most ` +
  `about ${LEARNED_SECONDS}: expect mostly noise or silence. Fit a part (--start, --duration), or raise --steps and ` +
  '--hidden-features';

/** A range of the samples of a sound. */
interface Part {
  readonly first: number;
  readonly count: number;
}

/**
 * The part of a sound that the settings select: without `--start` it is in the middle, since many recordings begin and
 * end quietly.
 *
 * @throws UsageError when the sound ends before `--start`
 */
const partOf = (
  path: string,
  { length, sampleRate }: { readonly length: number; readonly sampleRate: number },
  { start, preset, duration = presets[preset].duration }: AudioSettings & Pick<Settings, 'preset'>,
): Part => {
  const wanted = duration === 'all' ? length : Math.min(length, Math.max(2, Math.round(duration * sampleRate)));
  const first = start === undefined ? Math.floor((length - wanted) / 2) : Math.round(start * sampleRate);
  if (first > length - 2)
    throw new UsageError({
      what: `--start ${start}`,
      problem: `'${path}' has only ${(length / sampleRate).toFixed(3)} s`,
    });
  return { first, count: Math.min(wanted, length - first) };
};

/** Copies a part of a sound. */
export const partOfAudio = ({ samples: { data, shape }, sampleRate }: Audio, { first, count }: Part): Audio => {
  const channels = shape[1] as number;
  return {
    samples: ndarray(data.slice(first * channels, (first + count) * channels), [count, channels]),
    sampleRate,
  };
};

/**
 * Reads a WAV file, or a part of it, as a signal. The loudest sample becomes 1 or -1, as in the SIREN authors' code.
 *
 * @throws InputError when the bytes are not such a sound, or it has fewer than two samples; UsageError when it ends
 *   before the part begins
 */
export const prepareAudio = async (
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  settings: AudioSettings & Pick<Settings, 'grid' | 'preset'>,
  announcer: Announcer,
): Promise<PreparedSamples> => {
  const { grid: convention } = settings;
  const { soundSpan } = presets[settings.preset];
  const decode = (): DecodedAudio => {
    try {
      return decodeAudio(bytes);
    } catch (error) {
      if (!(error instanceof AudioError)) throw error;
      throw new InputError(explainedWithin(`cannot read '${path}'`, error), { cause: error });
    }
  };
  const whole = decode();
  const { sampleRate } = whole;
  const [length, channels] = whole.samples.shape as [number, number];
  if (length < 2)
    throw new InputError({ what: `cannot fit '${path}'`, wanted: 'at least two samples', got: String(length) });
  const part = partOf(path, { length, sampleRate }, settings);
  const isPart = part.count < length;
  const sound = isPart ? partOfAudio(whole, part) : whole;
  const peak = peakOf(sound.samples.data) || 1;
  const description: AudioDescription = {
    kind: 'audio',
    length: part.count,
    channels,
    sampleRate,
    convention,
    spans: [soundSpan],
    range: [-1 / peak, 1 / peak],
    ...(isPart && { offset: part.first }),
  };
  const amplitude = peak === 1 ? 'keep' : 'peak';
  const points = audioSamples(sound, { coordinateRange: soundSpan, convention, amplitude });
  const name = basename(path);
  const secondsOf = (count: number): number => count / sampleRate;
  const seconds = secondsOf(length).toFixed(3);
  const advice = settings.duration === undefined ? ' (--duration all fits all of it, --start sets where)' : '';
  const warnings = secondsOf(part.count) > LEARNED_SECONDS ? [tooLongWarning(secondsOf(part.count))] : [];
  const notes = [
    `${name}: ${length} samples at ${sampleRate} Hz (${seconds} s), ${channels} channel${channels === 1 ? '' : 's'}`,
    ...(isPart
      ? [
          `fits the part from ${formatTime(secondsOf(part.first))} to ${formatTime(secondsOf(part.first + part.count))}, ` +
            `${secondsOf(part.count).toFixed(3)} s of it${advice}`,
        ]
      : []),
    ...(peak === 1 ? [] : [`scaled by ${(1 / peak).toFixed(2)} for the fit (undone when rendered)`]),
  ];
  return announced(announcer, `${name}: preparing`, onProgress =>
    preparedSamples(description, points, {
      ...{ notes, warnings, oddities: whole.notes, onProgress },
      suggestOmega: () => suggestOmega(sound.samples, { convention, spans: [soundSpan] }),
    }),
  );
};
