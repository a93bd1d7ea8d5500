/**
 * @file Makes pictures.json: small files as sharp writes them, as base64, with the pixels that sharp reads from them
 *   again. `node test/browser/golden/make-pictures.mjs` in packages/signals.
 */
import { writeFileSync } from 'node:fs';
import sharp from 'sharp';

const [width, height] = [24, 16];
const pixel = (y, x, c) => Math.round(127.5 + 120 * Math.sin(x / 5 + c) * Math.cos(y / 4 - c));
const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
  pixel(Math.floor(i / 3 / width), Math.floor(i / 3) % width, i % 3),
);
const source = () => sharp(rgb, { raw: { width, height, channels: 3 } });
const wide = Uint16Array.from(rgb, value => value * 257);

const files = {
  png: await source().png().toBuffer(),
  grey: await source().greyscale().png().toBuffer(),
  jpeg: await source().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer(),
  turned: await source().withMetadata({ orientation: 6 }).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer(),
  webp: await source().webp({ lossless: true }).toBuffer(),
  avif: await source().avif({ quality: 90, chromaSubsampling: '4:4:4' }).toBuffer(),
  png16: await sharp(wide, { raw: { width, height, channels: 3 } })
    .toColourspace('rgb16')
    .png()
    .toBuffer(),
};
const entries = await Promise.all(
  Object.entries(files).map(async ([name, bytes]) => {
    const { data, info } = await sharp(bytes)
      .rotate()
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const pixels = { width: info.width, height: info.height, channels: info.channels, data: data.toString('base64') };
    return [name, { file: bytes.toString('base64'), ...pixels }];
  }),
);
writeFileSync(new URL('pictures.json', import.meta.url), `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
