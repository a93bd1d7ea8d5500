/**
 * @file A piece of music, computed: the opening of the prelude of Johann Sebastian Bach's first suite for violoncello
 *   (BWV 1007, about 1720, in the public domain), played on plucked strings. Karplus and Strong 1983, "Digital
 *   Synthesis of Plucked-String and Drum Timbres", Computer Music Journal 7(2), with the fractional delay of Jaffe and
 *   Smith 1983 in the same issue.
 */
import { createRng } from '@neural-fields/core';

/** The first bars in sixteenth notes, as MIDI key numbers (60 is middle C). Each half bar is played twice. */
const HALF_BARS: readonly (readonly number[])[] = [
  [43, 50, 59, 57, 59, 50, 59, 50], // G2 D3 B3 A3 B3 D3 B3 D3
  [43, 52, 60, 59, 60, 52, 60, 52], // G2 E3 C4 B3 C4 E3 C4 E3
  [43, 54, 60, 59, 60, 54, 60, 54], // G2 F#3 C4 B3 C4 F#3 C4 F#3
  [43, 55, 59, 57, 59, 55, 59, 55], // G2 G3 B3 A3 B3 G3 B3 G3
];

const NOTES: readonly number[] = HALF_BARS.flatMap(half => [...half, ...half]);

/** The length of a sixteenth note in seconds: 72 quarter notes a minute. */
const SIXTEENTH = 60 / 72 / 4;

/** A string loses this fraction of its amplitude per second, besides what averaging takes from the high partials. */
const DECAY = 0.7;

const frequencyOf = (key: number): number => 440 * 2 ** ((key - 69) / 12);

/** Adds one plucked string, from `start` on. */
const pluck = (sound: Float64Array, key: number, start: number, sampleRate: number, noise: () => number): void => {
  const period = sampleRate / frequencyOf(key);
  // The mean of two neighbours delays by half a sample, and the all-pass filter by the rest, which must not be 0.
  const length = Math.max(2, Math.floor(period - 0.6));
  const rest = period - 0.5 - length;
  const allPass = (1 - rest) / (1 + rest);
  const loss = (1 - DECAY) ** (1 / frequencyOf(key));
  const string = Float64Array.from({ length }, () => 2 * noise() - 1);
  let [before, passed, average] = [0, 0, 0];
  for (let i = start; i < sound.length; i++) {
    const place = (i - start) % length;
    const now = string[place] as number;
    const mean = loss * 0.5 * (now + before);
    before = now;
    passed = allPass * (mean - passed) + average;
    average = mean;
    string[place] = passed;
    sound[i] = (sound[i] as number) + now;
  }
};

/**
 * Plays the prelude's beginning.
 *
 * @param length the number of samples; 7 seconds are two bars
 * @param sampleRate in hertz
 * @returns samples whose loudest is 1 or -1
 */
export const playPrelude = ({
  length,
  sampleRate,
  seed,
}: {
  readonly length: number;
  readonly sampleRate: number;
  readonly seed: number;
}): Float32Array => {
  const sound = new Float64Array(length);
  const rng = createRng(seed).fork('strings');
  for (const [index, key] of NOTES.entries()) {
    const start = Math.round(index * SIXTEENTH * sampleRate);
    if (start >= length) break;
    const string = rng.fork(index);
    pluck(sound, key, start, sampleRate, () => string.uniform());
  }
  const peak = sound.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  return Float32Array.from(sound, value => value / peak);
};
