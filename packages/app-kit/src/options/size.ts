import { ArgumentError } from './argument-error.ts';

/** A size on the command line: both sides, or the longest one. */
export type Size = { readonly width: number; readonly height: number } | { readonly longest: number };

/** Reads `640x480` or `640`. */
export const parseSize = (text: string): Size => {
  const [, first, second] = /^(\d{1,6})(?:[x×](\d{1,6}))?$/i.exec(text.trim()) ?? [];
  const width = Number(first);
  const height = Number(second ?? first);
  if (first === undefined || width < 1 || height < 1)
    throw new ArgumentError('WIDTHxHEIGHT, or one number for the longest side, in pixels');
  return second === undefined ? { longest: width } : { width, height };
};

/** Both sides of a size, for a picture with the given sides (which need not be integers). */
export const resolveSize = (
  size: Size,
  width: number,
  height: number,
): { readonly width: number; readonly height: number } => {
  if ('width' in size) return size;
  const factor = size.longest / Math.max(width, height);
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
};
