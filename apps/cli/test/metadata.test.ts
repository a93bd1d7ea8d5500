/** What a field file says of itself is checked before anything is made of it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '@neural-fields/app-kit';
import type { AudioDescription, ImageDescription, ShapeDescription } from '@neural-fields/app-kit/signals';
import { type FieldData, parameterLayout, siren } from '@neural-fields/core';
import { encodeFieldData } from '@neural-fields/core/files';
import { emptyFolder, jsonLines } from '@neural-fields/testing/programs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFieldRun } from '../src/files/field-metadata.ts';
import { readDescription } from '../src/files/read-description.ts';
import { run } from './cli.ts';

const network = (inFeatures: number, outFeatures: number): FieldData['spec'] =>
  siren({ inFeatures, outFeatures, hiddenFeatures: 3, hiddenLayers: 0 });

const fieldOf = (spec: FieldData['spec']): FieldData => ({
  spec,
  parameters: new Map(
    parameterLayout(spec).entries.map(({ name, shape }) => [
      name,
      { shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(0.25) },
    ]),
  ),
});

const picture: ImageDescription = {
  kind: 'image',
  width: 8,
  height: 6,
  channels: 3,
  convention: 'corner-aligned',
  spans: [
    [-1, 1],
    [-1, 1],
  ],
  range: [-1, 1],
};
const sound: AudioDescription = {
  kind: 'audio',
  length: 8,
  channels: 1,
  sampleRate: 8000,
  convention: 'pixel-centred',
  spans: [[-1, 1]],
  range: [-1, 1],
};
const shape: ShapeDescription = {
  kind: 'shape',
  points: 8,
  triangles: 12,
  similarity: { scale: 2, offset: [0, 1, 2] },
};

const metadataOf = (signal: object): Record<string, string> => ({ signal: JSON.stringify(signal) });

describe('the description of a signal', () => {
  test.each([
    [picture, network(2, 3)],
    [sound, network(1, 1)],
    [shape, network(3, 1)],
  ])('comes back: %o', (signal, spec) => {
    expect(readDescription(metadataOf(signal), spec)).toEqual(signal);
    expect(readDescription({}, spec)).toBeUndefined();
  });

  test.each<[string, RegExp, object, FieldData['spec']]>([
    [
      'a sound on a picture',
      /a sound of 1 channel, a field of 1 coordinate and 1 value, .* has 2 coordinates and 3 values/,
      sound,
      network(2, 3),
    ],
    [
      'grey on RGB',
      /an image of 1 channel, a field of 2 coordinates and 1 value, .* has 2 coordinates and 3 values/,
      { ...picture, channels: 1 },
      network(2, 3),
    ],
    [
      'a shape of two values',
      /a shape, a field of 3 coordinates and 1 value, .* has 3 coordinates and 2 values/,
      shape,
      network(3, 2),
    ],
    [
      'a side that no picture has',
      /width: wanted an integer from 1 to 2147483647, got 9007/,
      { ...picture, width: 2 ** 53 - 1 },
      network(2, 3),
    ],
    ['half a pixel', /height: wanted an integer .*, got 1\.5/, { ...picture, height: 1.5 }, network(2, 3)],
    ['points that are null', /points: wanted an integer .*, got null/, { ...shape, points: null }, network(3, 1)],
    ['triangles in words', /triangles: wanted an integer .*, got "12"/, { ...shape, triangles: '12' }, network(3, 1)],
    ['a scale of 0', /with s > 0/, { ...shape, similarity: { scale: 0, offset: [0, 0, 0] } }, network(3, 1)],
    ['no similarity', /similarity: wanted an object, got nothing/, { kind: 'shape' }, network(3, 1)],
    [
      'an unknown kind',
      /kind: wanted one of image, audio, shape, got "video"/,
      { ...picture, kind: 'video' },
      network(2, 3),
    ],
    ['a kind of every object', /kind: wanted one of/, { ...picture, kind: 'constructor' }, network(2, 3)],
    [
      'an empty span',
      /spans of x: wanted two finite numbers that differ, got \[1,1\]/,
      {
        ...picture,
        spans: [
          [0, 1],
          [1, 1],
        ],
      },
      network(2, 3),
    ],
    ['a span without end', /finite/, { ...sound, spans: [[-1e308, 1e308]] }, network(1, 1)],
    ['one span for two axes', /spans: wanted a list of length 2/, { ...picture, spans: [[-1, 1]] }, network(2, 3)],
    ['no range', /range: wanted a list of length 2, got nothing/, { ...sound, range: undefined }, network(1, 1)],
    ['a list', /wanted an object/, [picture], network(2, 3)],
  ])('is refused: %s', (_, message, signal, spec) => {
    expect(() => readDescription(metadataOf(signal), spec)).toThrow(message);
  });

  test('is refused when it is no JSON or too deep', () => {
    const spec = network(2, 3);
    expect(() => readDescription({ signal: '{' }, spec)).toThrow(/wanted JSON/);
    expect(() => readDescription({ signal: `${'['.repeat(1e5)}${']'.repeat(1e5)}` }, spec)).toThrow(/16 levels/);
    expect(() => readDescription({ 'shape.similarity': '[]' }, network(3, 1))).toThrow(InputError);
  });
});

test('the account of a fit is read as far as it goes, and its types are checked', () => {
  const read = (value: unknown): unknown => readFieldRun({ run: JSON.stringify(value) });
  expect(read({ source: 'a.png', psnr: null, settings: { steps: 3 } })).toEqual({
    source: 'a.png',
    settings: { steps: 3 },
  });
  expect(() => read({ settings: { steps: 'many' } })).toThrow(/steps: wanted an integer .*, got "many"/);
  expect(() => read({ source: 3 })).toThrow(/source: wanted text/);
  expect(() => read({ settings: null, surfaceError: [] })).toThrow(/surfaceError/);
  expect(() => read(null)).toThrow(InputError);
});

test('any metadata are read or refused by an error of their own', () => {
  const name = fc.constantFrom(
    'kind',
    'width',
    'height',
    'channels',
    'spans',
    'range',
    'points',
    'similarity',
    '__proto__',
    'toString',
  );
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom<unknown>('image', 'shape', [[-1, 1]], -0, 2 ** 53, { scale: 1, offset: [0, 0, 0] }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(picture, sound, shape),
      fc.array(fc.tuple(name, value), { maxLength: 3 }),
      (signal, changes) => {
        const text = JSON.stringify({ ...signal, ...Object.fromEntries(changes) });
        for (const read of [() => readDescription({ signal: text }, network(2, 3)), () => readFieldRun({ run: text })])
          try {
            read();
          } catch (error) {
            if (!(error instanceof InputError)) throw error;
          }
      },
    ),
    { numRuns: 500 },
  );
});

test('a sound on the network of a picture is not rendered, and info says what is wrong', async () => {
  const cwd = emptyFolder();
  const metadata = { ...metadataOf(sound), run: '{"source":"a.wav","settings":{"steps":1}}', title: 'x' };
  writeFileSync(join(cwd, 'a.safetensors'), encodeFieldData(fieldOf(network(2, 3)), { metadata }));
  const rendered = await run(['render', 'a.safetensors', '-o', 'a.wav', '--backend', 'cpu'], { cwd });
  expect(rendered).toMatchObject({ code: 1, stdout: '' });
  expect(rendered.stderr).toMatch(
    /^neural-fields: 'a\.safetensors': its description .*a sound of 1 channel.* has 2 coordinates and 3 values\n$/,
  );
  const info = await run(['info', 'a.safetensors'], { cwd });
  expect(info).toMatchObject({ code: 0, stderr: '' });
  expect(info.stdout).toMatch(
    /\nrepresents {2}unknown: .*a sound of 1 channel.*\nfitted to {3}a\.wav\nfit {9}1 step\n/,
  );
  expect(info.stdout).not.toMatch(/undefined|null|NaN/);
  const [event] = jsonLines(await run(['info', 'a.safetensors', '--json'], { cwd }));
  expect(event).toMatchObject({
    damagedSignal: expect.stringContaining('a sound of 1 channel'),
    run: { source: 'a.wav' },
  });
});
