/** @file Cases, outcomes and values as text. */
import { formatCount, plural } from '@neural-fields/app-kit';
import type { DeviceDescription, StepDemands } from '../protocol.ts';
import type { Case, DeviceRate, Outcome, Results, SgemmRate } from './results.ts';
import { median } from './statistics.ts';

/** `1.23 ms`, `45.6 ms`, `1.23 s`: three digits. */
export const formatTime = (seconds: number): string => {
  const [value, unit] = seconds < 1 ? [1000 * seconds, 'ms'] : [seconds, 's'];
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
};

/** `120 KiB`, `85 MiB`, `4.9 GiB` */
export const formatMemory = (bytes: number): string =>
  bytes < 2 ** 20
    ? `${(bytes / 2 ** 10).toFixed(0)} KiB`
    : bytes < 2 ** 30
      ? `${(bytes / 2 ** 20).toFixed(0)} MiB`
      : `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** `0.0040 x`, `0.85 x`, `3.40 x`, `120 x` */
export const formatRatio = (ratio: number): string =>
  `${ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(ratio < 10 ? 2 : ratio < 100 ? 1 : 0)} x`;

/** `Laplacian, width 256, 65,536 points` */
export const describeCase = ({ supervision, width, points }: Case): string =>
  `${supervision === 'laplacian' ? 'Laplacian' : supervision}, width ${width}, ${formatCount(points)} points`;

/** `1.23 s (1.20 to 1.31 s)`, or the reason why there is no time. */
export const describeOutcome = (outcome: Outcome): string => {
  if (outcome.state !== 'measured') return `${outcome.state}: ${outcome.reason}`;
  const { median, lowest, highest } = outcome.seconds;
  const times = `${formatTime(median)} (${formatTime(lowest)} to ${formatTime(highest)})`;
  return outcome.demands ? `${times}, ${describeDemands(outcome.demands)}` : times;
};

/** `19`, `2.5` */
export const formatAverage = (count: number): string => formatCount(Number(count.toFixed(1)));

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${formatAverage(count)} ${count === 1 ? one : many}`;

/** `0.53 ms of the host, 19 dispatches, 1 submission, 0 read-backs` */
export const describeDemands = ({ hostSeconds, dispatches, submissions, readBacks }: StepDemands): string =>
  [
    `${formatTime(hostSeconds)} of the host`,
    counted(dispatches, 'dispatch', 'dispatches'),
    counted(submissions, 'submission'),
    counted(readBacks, 'read-back'),
  ].join(', ');

/** `12.3 TFLOP/s`, `104.8 GFLOP/s` */
export const formatRate = (rate: number): string =>
  rate < 1000 ? `${rate.toFixed(1)} GFLOP/s` : `${(rate / 1000).toFixed(1)} TFLOP/s`;

/** `65,536 x 256 x 256` */
export const formatProduct = ({ rows, inner, columns }: Pick<SgemmRate, 'rows' | 'inner' | 'columns'>): string =>
  [rows, inner, columns].map(formatCount).join(' x ');

/** `104.8 GFLOP/s by numpy 2.4.6 (OpenBLAS), 4,096 x 4,096 x 4,096, 2 threads` */
export const describeSgemm = (sgemm: SgemmRate): string =>
  `${formatRate(sgemm.rate)} by ${sgemm.library}, ${formatProduct(sgemm)}, ${plural(sgemm.threads, 'thread')}`;

/** `85 %` of 0.85 */
export const formatShare = (share: number): string => `${(100 * share).toFixed(0)} %`;

/** If other programs use more than this share of the processors, times are those of a busy machine. */
const BUSY = 0.1;

/** A warning where other programs were running; `undefined` where they were not. */
export const busyWarning = ({ foreignLoad }: Pick<Results, 'foreignLoad'>): string | undefined =>
  foreignLoad.length > 0 && median(foreignLoad) > BUSY
    ? `Other programs used ${formatShare(median(foreignLoad))} of this machine's processors. Programs that wait for all their threads ` +
      'are slowed down most, so neither the times nor the speed-ups hold for a quiet machine.'
    : undefined;

/** A warning where a peer's graphics card is emulated; `undefined` where none is. */
export const emulationWarning = ({ peers }: Pick<Results, 'peers'>): string | undefined => {
  const emulated = Object.keys(peers).flatMap(peer => {
    const device = deviceOf({ peers }, peer);
    return device?.software ? [{ peer, device: device.name }] : [];
  });
  const [first] = emulated;
  return (
    first &&
    `The graphics card of ${emulated.map(({ peer }) => peer).join(' and ')} is emulated on the processor (${first.device}): these times are not those of a graphics card.`
  );
};

/** Whether a peer has a device, and which kind: a card, or an emulation of one. */
export const deviceOf = ({ peers }: Pick<Results, 'peers'>, peer: string): DeviceDescription | undefined => {
  const state = peers[peer];
  return state && 'device' in state ? state.device : undefined;
};

/**
 * The highest rate of large float32 products that any peer measured on a card; `undefined` where none was measured.
 */
export const bestRate = (found: Pick<Results, 'peers' | 'deviceRates'>): DeviceRate | undefined =>
  found.deviceRates
    .filter(({ peer, precision }) => precision === 'float32' && deviceOf(found, peer)?.software === false)
    .sort((a, b) => b.rate - a.rate)[0];
