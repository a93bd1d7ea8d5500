/** @file Cases, outcomes and numbers in words. */
import type { Case, Outcome, Results } from './results.ts';
import { median } from './statistics.ts';

/** `198,145` */
export const formatCount = (count: number): string => count.toLocaleString('en-US');

/** `1.23 ms`, `45.6 ms`, `1.23 s`: three digits. */
export const formatTime = (seconds: number): string => {
  const [value, unit] = seconds < 1 ? [1000 * seconds, 'ms'] : [seconds, 's'];
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
};

/** `85 MiB`, `4.9 GiB` */
export const formatMemory = (bytes: number): string =>
  bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(0)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** `3.4 x`, `120 x` */
export const formatRatio = (ratio: number): string => `${ratio.toFixed(ratio < 10 ? 2 : ratio < 100 ? 1 : 0)} x`;

/** `Laplacian, width 256, 65,536 points` */
export const describeCase = ({ supervision, width, points }: Case): string =>
  `${supervision === 'laplacian' ? 'Laplacian' : supervision}, width ${width}, ${formatCount(points)} points`;

/** `1.23 s (1.20 to 1.31 s)`, or the reason why there is no time. */
export const describeOutcome = (outcome: Outcome): string => {
  if (outcome.state !== 'measured') return `${outcome.state}: ${outcome.reason}`;
  const { median, lowest, highest } = outcome.seconds;
  return `${formatTime(median)} (${formatTime(lowest)} to ${formatTime(highest)})`;
};

/** `85 %` of 0.85 */
export const formatShare = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** Beyond this share of the processors, times are those of a busy machine. */
const BUSY = 0.1;

/** What to say where the machine had other work to do; `undefined` where it had none. */
export const busyWarning = ({ foreignLoad }: Pick<Results, 'foreignLoad'>): string | undefined =>
  foreignLoad.length > 0 && median(foreignLoad) > BUSY
    ? `This machine was busy with other programs, which took ${formatShare(median(foreignLoad))} of its processors. Programs that wait for all their ` +
      'threads suffer most, so neither the times nor the ratios hold for a quiet machine.'
    : undefined;
