import { assertOneOf } from '@neural-fields/core/options';
import { denseArray } from '../arrays/dense-array.ts';
import type { Work } from '../work/work.ts';
import type { Pixels } from './codec.ts';
import type { Image } from './image.ts';

const choices = ['grey', 'rgb', 'rgba', 'keep'] as const;
const alphas = ['composite', 'drop', 'error'] as const;

/** The channels of the result: `keep` keeps those of the file. */
export type ChannelChoice = (typeof choices)[number];

/** Options for the channels of a decoded image. */
export interface ChannelOptions {
  /** Default: `rgb`. */
  readonly channels?: ChannelChoice;
  /**
   * How alpha is removed when the result has none. `composite` (default): the image is composited over `background`, in
   * encoded values as browsers do. `drop`: alpha is ignored. `error`: a pixel that is not opaque throws.
   */
  readonly alpha?: (typeof alphas)[number];
  /** RGB in [0, 1] for `composite`. Default: white. */
  readonly background?: readonly [red: number, green: number, blue: number];
}

/** @throws RangeError when a name is unknown */
export const assertChannelOptions = (
  caller: string,
  { channels = 'rgb', alpha = 'composite' }: ChannelOptions,
): void => {
  assertOneOf(`${caller}: channels`, channels, choices);
  assertOneOf(`${caller}: alpha`, alpha, alphas);
};

/**
 * The luma of a colour: 0.299 R + 0.587 G + 0.114 B of the encoded values, Rec. ITU-R BT.601-7 section 2.5.1, as in
 * Pillow's mode `L`. (scikit-image's `rgb2gray` uses the weights of Rec. 709 instead.)
 */
export const luma = (red: number, green: number, blue: number): number => 0.299 * red + 0.587 * green + 0.114 * blue;

/** The number of pixels that are converted between yields to the event loop. */
const PIXELS_PER_SLICE = 2 ** 16;

/**
 * Converts decoded pixels to an image.
 *
 * @param fileChannels the number of channels of the file; `pixels` may have more (grey decoded as RGB, an added opaque
 *   alpha)
 * @throws RangeError when a pixel is not opaque and `alpha` is `error`
 */
export function* imageFromPixels(
  pixels: Pixels,
  fileChannels: 1 | 2 | 3 | 4,
  options: ChannelOptions = {},
): Work<Image> {
  const { channels = 'rgb', alpha = 'composite', background = [1, 1, 1] } = options;
  const { data, width, height, maximum } = pixels;
  const from = pixels.channels;
  const fileAlpha = fileChannels === 2 || fileChannels === 4;
  const grey = fileChannels <= 2 || from <= 2;
  const out = channels === 'grey' ? 1 : channels === 'rgb' ? 3 : channels === 'rgba' ? 4 : fileChannels;
  const outAlpha = out === 2 || out === 4;
  const count = width * height;
  const result = new Float32Array(count * out);
  for (let pixel = 0; pixel < count; pixel++) {
    if (pixel % PIXELS_PER_SLICE === 0) yield pixel / count;
    const at = pixel * from;
    let red = data[at]! / maximum;
    let green = grey ? red : data[at + 1]! / maximum;
    let blue = grey ? red : data[at + 2]! / maximum;
    const opacity = fileAlpha ? data[at + from - 1]! / maximum : 1;
    if (opacity < 1 && !outAlpha) {
      if (alpha === 'error')
        throw new RangeError(
          `decodeImage: pixel [${Math.floor(pixel / width)}, ${pixel % width}] is not opaque; keep alpha with channels: 'rgba', or choose alpha: 'composite'`,
        );
      if (alpha === 'composite') {
        red = opacity * red + (1 - opacity) * background[0];
        green = opacity * green + (1 - opacity) * background[1];
        blue = opacity * blue + (1 - opacity) * background[2];
      }
    }
    const to = pixel * out;
    // Equal channels are copied: the weights do not add up to exactly 1 in floating point.
    if (out <= 2) result[to] = red === green && green === blue ? red : luma(red, green, blue);
    else {
      result[to] = red;
      result[to + 1] = green;
      result[to + 2] = blue;
    }
    if (outAlpha) result[to + out - 1] = opacity;
  }
  return denseArray(result, [height, width, out]);
}
