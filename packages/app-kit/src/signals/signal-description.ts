/**
 * @file What a field represents: all that rendering needs besides its parameters. It is stored in the file's metadata.
 */
import type { Similarity } from '@neural-fields/shapes';
import type { GridConvention, Span } from '@neural-fields/signals';
import { formatCount, plural } from '../output/format.ts';

/** The metadata key under which the description is stored, as JSON. */
export const SIGNAL_KEY = 'signal';

/** A picture that a field was fitted to. The field's coordinates are (y, x), y downwards. */
export interface ImageDescription {
  readonly kind: 'image';
  readonly width: number;
  readonly height: number;
  /** 1: grey, 2: grey + alpha, 3: RGB, 4: RGB + alpha. */
  readonly channels: 1 | 2 | 3 | 4;
  readonly convention: GridConvention;
  /** The coordinates of the upper and lower, then of the left and right edge. */
  readonly spans: readonly [y: Span, x: Span];
  /** The field's values for black and white. */
  readonly range: Span;
}

/** A sound that a field was fitted to. The field's coordinate is time. */
export interface AudioDescription {
  readonly kind: 'audio';
  /** The number of samples of each channel. */
  readonly length: number;
  readonly channels: number;
  /** Hertz. */
  readonly sampleRate: number;
  /** For a part of a longer sound, the number of samples before it. */
  readonly offset?: number;
  readonly convention: GridConvention;
  /** The coordinates of the beginning and the end. */
  readonly spans: readonly [time: Span];
  /** The field's values for samples of -1 and 1. */
  readonly range: Span;
}

/**
 * A shape of which a field is the signed distance: positive outside, negative inside, zero on the surface. The field's
 * coordinates are (x, y, z), and the shape lies in the box [-1, 1]^3.
 */
export interface ShapeDescription {
  readonly kind: 'shape';
  /** The number of points of the cloud, or of vertices of the mesh. */
  readonly points?: number;
  /** The number of triangles of the mesh; absent for a cloud. */
  readonly triangles?: number;
  /** The map p' = scale p + offset from the file's coordinates to the field's. */
  readonly similarity: Similarity;
}

/** What a field represents. */
export type SignalDescription = ImageDescription | AudioDescription | ShapeDescription;

/** The number of a field's coordinates. */
export const coordinateCount = ({ kind }: SignalDescription): number => ({ image: 2, audio: 1, shape: 3 })[kind];

/** `an image of 512 x 512 pixels, 1 channel`. */
export const describeSignal = (signal: SignalDescription): string => {
  if (signal.kind === 'shape') {
    const { points, triangles } = signal;
    if (points === undefined) return 'the signed distance of a shape';
    const of = triangles === undefined ? 'a cloud' : `a mesh of ${formatCount(triangles)} triangles`;
    return `the signed distance of ${of}${triangles === undefined ? ' of' : ' and'} ${plural(points, 'point')}`;
  }
  const channels = `${signal.channels} channel${signal.channels === 1 ? '' : 's'}`;
  if (signal.kind === 'image') return `an image of ${signal.width} x ${signal.height} pixels, ${channels}`;
  const seconds = (signal.length / signal.sampleRate).toFixed(3);
  const from = signal.offset === undefined ? '' : ` from ${(signal.offset / signal.sampleRate).toFixed(3)} s`;
  return `a sound of ${signal.length} samples at ${signal.sampleRate} Hz (${seconds} s${from}), ${channels}`;
};
