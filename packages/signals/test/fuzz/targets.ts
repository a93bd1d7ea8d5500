/** @file The decoders of images and sounds, as targets of the fuzzer. */
import { crc32 } from 'node:zlib';
import type { FuzzTarget } from '@neural-fields/testing/fuzz';
import sharp from 'sharp';
import { AudioError } from '../../src/audio/audio-error.ts';
import { decodeAudio } from '../../src/audio/decode-audio.ts';
import { encodeAudio } from '../../src/audio/encode-audio.ts';
import type { SampleFormat } from '../../src/audio/sample-format.ts';
import { decodeImage } from '../../src/images/decode-image.ts';
import { ImageError } from '../../src/images/image-error.ts';

// Memory that libvips caches from one input would count towards the next.
sharp.cache(false);
sharp.concurrency(1);

/** A small picture of smooth waves with some noise. */
const picture = (channels: 1 | 2 | 3 | 4, [width, height]: readonly [number, number] = [19, 13]): sharp.Sharp => {
  const values = Uint8Array.from({ length: width * height * channels }, (_, i) =>
    Math.round(127 + 90 * Math.sin(i / 11) + ((i * 7919) % 31)),
  );
  return sharp(values, { raw: { width, height, channels } }).toColourspace(channels <= 2 ? 'b-w' : 'srgb');
};

const buffers = async (pictures: readonly sharp.Sharp[]): Promise<readonly Uint8Array[]> =>
  Promise.all(pictures.map(async image => new Uint8Array(await image.toBuffer())));

const isImageError = (error: unknown): boolean => error instanceof ImageError;

const LIMIT = 2 ** 20;

/** Damaged files are decoded too, so that both paths of the decoder are tested. */
const readImage = async (bytes: Uint8Array<ArrayBuffer>): Promise<unknown> => {
  const strict = decodeImage(bytes, { maxPixels: LIMIT, channels: 'keep' });
  const damaged = await strict.then(
    () => false,
    (error: unknown) => error instanceof ImageError && (error.problem === 'damaged' || error.problem === 'truncated'),
  );
  if (damaged) await decodeImage(bytes, { maxPixels: LIMIT, allowDamaged: true });
  return strict;
};

/** 2^20 pixels take up to 20 bytes each; libvips and the codecs need some more. */
const memory = { base: 192 * 2 ** 20, perByte: 256 };

const image = (name: string, rest: Pick<FuzzTarget, 'seeds' | 'tokens' | 'repair'>): FuzzTarget => ({
  name,
  read: readImage,
  isTyped: isImageError,
  memory,
  milliseconds: 5000,
  ...rest,
});

/** Repairs the checksums of the chunks that can be found. */
const repairPng = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
  const fixed = bytes.slice();
  const view = new DataView(fixed.buffer);
  for (let at = 8; at + 12 <= fixed.length; ) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > fixed.length) break;
    view.setUint32(end, crc32(fixed.subarray(at + 4, end)));
    at = end + 4;
  }
  return fixed;
};

/** Repairs the total length in a RIFF file. */
const repairRiff = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
  const fixed = bytes.slice();
  if (fixed.length >= 8) new DataView(fixed.buffer).setUint32(4, fixed.length - 8, true);
  return fixed;
};

const sound = (sampleFormat: Exclude<SampleFormat, 'float64'>, channels: number): Uint8Array =>
  encodeAudio(
    {
      samples: { data: Float32Array.from({ length: 24 * channels }, (_, i) => Math.sin(i / 5)), shape: [24, channels] },
      sampleRate: 8000,
    },
    { sampleFormat },
  );

/** The same sound with its length in a `ds64` chunk. */
const long = (form: string): Uint8Array => {
  const plain = sound('int16', 2);
  const file = new Uint8Array(plain.length + 36);
  file.set(plain.subarray(0, 12));
  file.set(plain.subarray(12), 48);
  file.set(new TextEncoder().encode(form));
  file.set(new TextEncoder().encode('ds64'), 12);
  const view = new DataView(file.buffer);
  view.setUint32(4, 0xffffffff, true);
  view.setUint32(16, 28, true);
  view.setBigUint64(28, 96n, true);
  view.setUint32(48 + 28, 0xffffffff, true);
  return file;
};

export const fuzzTargets: readonly FuzzTarget[] = [
  image('png', {
    seeds: () =>
      buffers([
        picture(1).png(),
        picture(2).png({ compressionLevel: 0 }),
        picture(3).png({ progressive: true }),
        picture(4).png({ palette: true }),
        picture(3).toColourspace('rgb16').png({ adaptiveFiltering: true }),
        picture(3).withIccProfile('p3').withMetadata({ orientation: 6 }).png(),
      ]),
    tokens: ['IHDR', 'IDAT', 'IEND', 'PLTE', 'tRNS', 'iCCP', 'eXIf', 'acTL', 'fcTL'],
    repair: repairPng,
  }),
  image('jpeg', {
    seeds: () =>
      buffers([
        picture(1).jpeg(),
        picture(3).jpeg({ chromaSubsampling: '4:2:0' }),
        picture(3, [33, 40]).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }),
        picture(3).jpeg({ mozjpeg: true }),
        picture(3).toColourspace('cmyk').jpeg(),
        picture(3).withIccProfile('p3').withMetadata({ orientation: 6 }).jpeg({ optimiseCoding: true }),
      ]),
    tokens: [
      '\u00ff\u00d8',
      '\u00ff\u00c0',
      '\u00ff\u00c2',
      '\u00ff\u00da',
      '\u00ff\u00dd',
      '\u00ff\u00c4',
      '\u00ff\u00d9',
      '\u00ff\u0001',
      'JFIF',
      'Exif',
    ],
  }),
  image('webp', {
    seeds: () =>
      buffers([
        picture(3).webp(),
        picture(4).webp(),
        picture(3).webp({ lossless: true }),
        picture(4).webp({ lossless: true }),
        picture(3).withIccProfile('p3').withMetadata({ orientation: 6 }).webp(),
      ]),
    tokens: ['VP8X', 'VP8L', 'VP8 ', 'ALPH', 'ANIM', 'ANMF', 'ICCP', 'EXIF'],
    repair: repairRiff,
  }),
  image('avif', {
    seeds: () =>
      buffers([
        picture(3).avif({ effort: 0 }),
        picture(4).avif({ effort: 0, chromaSubsampling: '4:4:4' }),
        picture(1).avif({ effort: 0 }),
      ]),
    tokens: [
      'ftyp',
      'avif',
      'avis',
      'meta',
      'iloc',
      'iinf',
      'infe',
      'ipco',
      'ipma',
      'ispe',
      'av1C',
      'auxC',
      'idat',
      'mdat',
      'grid',
      'av01',
    ],
  }),
  {
    name: 'wav',
    seeds: () => [
      ...(['uint8', 'int16', 'int24', 'int32', 'float32'] as const).map((format, i) => sound(format, 1 + (i % 3))),
      long('RF64'),
      long('BW64'),
    ],
    read: bytes => decodeAudio(bytes),
    isTyped: error => error instanceof AudioError,
    tokens: ['RIFF', 'RF64', 'BW64', 'RIFX', 'WAVE', 'fmt ', 'data', 'ds64', 'LIST', 'fact'],
    repair: repairRiff,
    memory: { base: 64 * 2 ** 20, perByte: 16 },
  },
];
