export type { ChannelChoice } from './images/channels.ts';
export { type DecodeImageOptions, decodeImage } from './images/decode-image.ts';
export { type EncodeImageOptions, encodeImage } from './images/encode-image.ts';
export type { Image, ImageFormat } from './images/image.ts';
export { ImageError, type ImageProblem } from './images/image-error.ts';
