/**
 * @file The description of a signal in a file's metadata, checked field by field and against the network in the same
 * file.
 */

import { explainedWithin, InputError, plural } from '@neural-fields/app-kit';
import { extensions } from '@neural-fields/app-kit/fitting';
import {
  type AudioDescription,
  asRecord,
  coordinateCount,
  type ImageDescription,
  integerIn,
  type JsonRecord,
  listOf,
  oneOf,
  optional,
  parseRecord,
  type ShapeDescription,
  SIGNAL_KEY,
  type SignalDescription,
  wrong,
} from '@neural-fields/app-kit/signals';
import { type FieldSpec, outFeatures } from '@neural-fields/core';
import { parseSimilarity, SIMILARITY_KEY } from '@neural-fields/shapes';
import type { Span } from '@neural-fields/signals';

/** The maximum side length of a PNG. */
const MAX_SIDE = 0x7fffffff;
/** Lengths, rates and channel counts in the header of a WAV file have 32, 32 and 16 bits. */
const MAX_WORD = 0xffffffff;
const MAX_SOUND_CHANNELS = 0xffff;

const conventions = ['corner-aligned', 'pixel-centred'] as const;

const span = (what: string, value: unknown): Span => {
  const [low, high] = listOf(what, value, 2);
  if (typeof low !== 'number' || typeof high !== 'number' || low === high || !Number.isFinite(high - low))
    throw wrong(what, 'two finite numbers that differ', value);
  return [low, high];
};

const image = (fields: JsonRecord): ImageDescription => {
  const [y, x] = listOf('spans', fields['spans'], 2);
  return {
    kind: 'image',
    width: integerIn('width', fields['width'], 1, MAX_SIDE),
    height: integerIn('height', fields['height'], 1, MAX_SIDE),
    channels: integerIn('channels', fields['channels'], 1, 4) as ImageDescription['channels'],
    convention: oneOf('convention', fields['convention'], conventions),
    spans: [span('spans of y', y), span('spans of x', x)],
    range: span('range', fields['range']),
  };
};

const audio = (fields: JsonRecord): AudioDescription => {
  const [time] = listOf('spans', fields['spans'], 1);
  const offset = optional('offset', fields['offset'], (what, value) => integerIn(what, value, 0, MAX_WORD));
  return {
    kind: 'audio',
    length: integerIn('length', fields['length'], 1, MAX_WORD),
    channels: integerIn('channels', fields['channels'], 1, MAX_SOUND_CHANNELS),
    sampleRate: integerIn('sampleRate', fields['sampleRate'], 1, MAX_WORD),
    convention: oneOf('convention', fields['convention'], conventions),
    spans: [span('spans of time', time)],
    range: span('range', fields['range']),
    ...(offset !== undefined && { offset }),
  };
};

const count = (what: string, value: unknown): number => integerIn(what, value, 1, Number.MAX_SAFE_INTEGER);

const shape = (fields: JsonRecord): ShapeDescription => {
  const points = optional('points', fields['points'], count);
  const triangles = optional('triangles', fields['triangles'], count);
  const similarity = parseSimilarity(JSON.stringify(asRecord('similarity', fields['similarity'])));
  return {
    kind: 'shape',
    ...(points !== undefined && { points }),
    ...(triangles !== undefined && { triangles }),
    similarity,
  };
};

const readers = { image, audio, shape } as const;

const parseDescription = (text: string): SignalDescription => {
  const fields = parseRecord(text);
  return readers[oneOf('kind', fields['kind'], ['image', 'audio', 'shape'])](fields);
};

/** Asserts that the network has the numbers of coordinates and values that the description requires. */
const assertDescribes = (signal: SignalDescription, spec: FieldSpec): void => {
  const wanted = [coordinateCount(signal), signal.kind === 'shape' ? 1 : signal.channels] as const;
  const found = [spec.inFeatures, outFeatures(spec, extensions)] as const;
  if (wanted[0] === found[0] && wanted[1] === found[1]) return;
  const what = { image: 'an image', audio: 'a sound', shape: 'a shape' }[signal.kind];
  const channels = signal.kind === 'shape' ? '' : ` of ${signal.channels} channel${signal.channels === 1 ? '' : 's'}`;
  const size = ([inputs, outputs]: readonly [number, number]): string =>
    `${plural(inputs, 'coordinate')} and ${plural(outputs, 'value')}`;
  throw new InputError({
    problem: `it describes ${what}${channels}, a field of ${size(wanted)}, but the network has ${size(found)}`,
  });
};

/**
 * The description in a file's metadata; `undefined` when there is none.
 *
 * @throws InputError when it is damaged or does not match the network
 */
export const readDescription = (
  metadata: Readonly<Record<string, string>>,
  spec: FieldSpec,
): SignalDescription | undefined => {
  // The library's own examples write only the similarity.
  const key = [SIGNAL_KEY, SIMILARITY_KEY].find(candidate => metadata[candidate] !== undefined);
  const text = key === undefined ? undefined : metadata[key];
  if (text === undefined) return undefined;
  try {
    const signal: SignalDescription =
      key === SIGNAL_KEY ? parseDescription(text) : { kind: 'shape', similarity: parseSimilarity(text) };
    assertDescribes(signal, spec);
    return signal;
  } catch (cause) {
    if (!(cause instanceof InputError || cause instanceof TypeError)) throw cause;
    const what = `its description ('${key}' in the metadata) is wrong`;
    throw new InputError(explainedWithin(what, cause), { cause });
  }
};
