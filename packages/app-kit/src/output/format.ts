/** @file Formats numbers for people. */

/** `8 s`, `3 min 20 s`, `2 h 05 min`; with one decimal below ten seconds. */
export const formatSeconds = (seconds: number): string => {
  if (!Number.isFinite(seconds)) return '?';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  if (minutes < 60) return `${minutes} min ${String(rest).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
};

/** `42.10 dB`; infinite for equal signals. */
export const formatDecibels = (decibels: number): string =>
  Number.isFinite(decibels) ? `${decibels.toFixed(2)} dB` : decibels > 0 ? 'infinite' : 'not a number';

/** `1.2 MB`, in powers of ten. */
export const formatBytes = (bytes: number): string => {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
};

/** `198,145`. */
export const formatCount = (count: number): string => count.toLocaleString('en-US');

/** `1 step`, `500 steps`. */
export const plural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** A number with three significant digits: `0.00123`, `12.3`, `1.23e-7`. */
export const plainNumber = (value: number): string => String(Number(value.toPrecision(3)));
