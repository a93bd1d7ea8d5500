/** @file What a field stands for: everything that is needed to render it, and that its parameters do not say. Kept in the file's metadata. */
import { parseSimilarity, SIMILARITY_KEY, type Similarity } from '@neural-fields/shapes';
import type { GridConvention, Span } from '@neural-fields/signals';
import { formatCount, plural } from '../output/format.ts';

/** The key of the metadata under which the description stands, as JSON. */
export const SIGNAL_KEY = 'signal';

/** A picture that a field was fitted to. The field's coordinates are (y, x), y downwards. */
export interface ImageDescription {
  readonly kind: 'image';
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha. */
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
  readonly convention: GridConvention;
  /** The coordinates of the beginning and the end. */
  readonly spans: readonly [time: Span];
  /** The field's values for samples of -1 and 1. */
  readonly range: Span;
}

/**
 * A shape whose signed distance a field is: positive outside, negative inside, zero on the surface. The field's coordinates are (x, y, z), and the shape
 * lies in the box [-1, 1]^3.
 */
export interface ShapeDescription {
  readonly kind: 'shape';
  /** The points of the cloud, or the corners of the mesh. */
  readonly points?: number;
  /** The triangles of the mesh; absent for a cloud. */
  readonly triangles?: number;
  /** p' = scale p + offset takes the file's coordinates to the field's. */
  readonly similarity: Similarity;
}

/** What a field stands for. */
export type SignalDescription = ImageDescription | AudioDescription | ShapeDescription;

/** The number of a field's coordinates. */
export const coordinateCount = ({ kind }: SignalDescription): number => ({ image: 2, audio: 1, shape: 3 })[kind];

const isSpan = (value: unknown): value is Span =>
  Array.isArray(value) && value.length === 2 && value.every(Number.isFinite) && value[0] !== value[1];

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;

const isShape = ({ similarity }: Readonly<Record<string, unknown>>): boolean => {
  try {
    parseSimilarity(JSON.stringify(similarity) ?? '');
    return true;
  } catch {
    return false;
  }
};

const isDescription = (value: unknown): value is SignalDescription => {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  const { kind, convention, spans, range, channels } = fields;
  if (kind === 'shape') return isShape(fields);
  const counts = kind === 'image' ? ['width', 'height'] : ['length', 'sampleRate'];
  return (
    (kind === 'image' || kind === 'audio') &&
    (convention === 'corner-aligned' || convention === 'pixel-centred') &&
    isSpan(range) &&
    isCount(channels) &&
    (kind === 'audio' || channels <= 4) &&
    Array.isArray(spans) &&
    spans.length === (kind === 'image' ? 2 : 1) &&
    spans.every(isSpan) &&
    counts.every(name => isCount(fields[name]))
  );
};

/** The description in a file's metadata; `undefined` when there is none, or none that is understood. */
export const readDescription = (metadata: Readonly<Record<string, string>>): SignalDescription | undefined => {
  const text = metadata[SIGNAL_KEY];
  const similarity = metadata[SIMILARITY_KEY];
  try {
    // As the library's own examples write it.
    if (text === undefined)
      return similarity === undefined ? undefined : { kind: 'shape', similarity: parseSimilarity(similarity) };
    const value: unknown = JSON.parse(text);
    return isDescription(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

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
  return `a sound of ${signal.length} samples at ${signal.sampleRate} Hz (${seconds} s), ${channels}`;
};
