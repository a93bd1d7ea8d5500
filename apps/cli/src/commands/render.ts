/** @file `neural-fields render`: renders a field as a picture or a sound. */

import {
  ArgumentError,
  assertMemory,
  bitDepth,
  type CommonOptions,
  chooseBackend,
  createProgress,
  finite,
  formatCount,
  formatSeconds,
  helpExamples,
  InputError,
  integer,
  numberList,
  type Output,
  optionName,
  outputOf,
  type Progress,
  parseSize,
  plural,
  positive,
  resolveSize,
  type Size,
  stoppable,
  UsageError,
  withCommonOptions,
} from '@neural-fields/app-kit';
import {
  assertWritable,
  extensionOf,
  extensionsOf,
  imageKinds,
  type OutputKind,
  STANDARD_STREAM,
  wantedExtensions,
  withOutputs,
  withStdoutFile,
} from '@neural-fields/app-kit/files';
import { extensions } from '@neural-fields/app-kit/fitting';
import {
  type ImageView,
  previewRange,
  type Quantity,
  type Region,
  type Slice,
  shownChannels,
  wholePicture,
} from '@neural-fields/app-kit/render';
import type { AudioDescription, ImageDescription, SignalDescription } from '@neural-fields/app-kit/signals';
import { fieldFromData, outFeatures } from '@neural-fields/core';
import { type Command, Option } from 'commander';
import { type LoadedField, loadFieldAloud } from '../files/load-field.ts';
import { type PytorchOptions, withPytorchOptions } from '../options/pytorch.ts';
import { renderAudio, sampleCount } from '../render/render-audio.ts';
import { assertRenderable, renderImage } from '../render/render-image.ts';
import { type RenderShapeOptions, renderShape } from '../render/render-shape.ts';

/** The options as commander gives them. */
interface RenderCommandOptions extends CommonOptions, PytorchOptions {
  readonly output: string;
  readonly size?: Size;
  readonly region?: readonly number[];
  readonly derivative?: Quantity;
  readonly range?: readonly number[];
  readonly bitDepth?: 8 | 16 | 24 | 32;
  readonly sampleRate?: number;
  readonly azimuth?: number;
  readonly elevation?: number;
  readonly zoom?: number;
  readonly up?: 'y' | 'z';
  readonly slice?: Slice;
  readonly force?: boolean;
}

/** What a field is assumed to represent if its file does not say: an image as in the SIREN authors' code. */
const assume = (path: string, { data }: LoadedField, options: RenderCommandOptions): SignalDescription => {
  const channels = outFeatures(data.spec, extensions);
  if (data.spec.inFeatures !== 2 || channels > 4)
    throw new InputError({
      what: `'${path}'`,
      problem: `it does not say what it represents, and a field of ${plural(data.spec.inFeatures, 'coordinate')} and ${plural(channels, 'value')} is not an image`,
    });
  if (options.size === undefined || !('width' in options.size))
    throw new UsageError({
      what: `'${path}'`,
      problem: 'it does not say how large its image is',
      hint: 'specify --size WIDTHxHEIGHT',
    });
  return {
    kind: 'image',
    ...options.size,
    channels: channels as ImageDescription['channels'],
    convention: 'corner-aligned',
    spans: [
      [-1, 1],
      [-1, 1],
    ],
    range: [-1, 1],
  };
};

const wrongBitDepth = (wanted: string, depth: number): UsageError =>
  new UsageError({ what: '--bit-depth', wanted, got: String(depth) });

const regionOf = ({ region }: RenderCommandOptions): Region => {
  if (region === undefined) return wholePicture;
  const [x0, y0, x1, y1] = region as [number, number, number, number];
  if (!(x0 < x1 && y0 < y1))
    throw new UsageError({ what: '--region', wanted: 'x0,y0,x1,y1 with x0 < x1 and y0 < y1', got: region.join(',') });
  return { x0, y0, x1, y1 };
};

const viewOf = (signal: ImageDescription, options: RenderCommandOptions): ImageView => {
  const region = regionOf(options);
  // At the resolution of the fit, a region of the picture has a proportional number of pixels.
  const width = signal.width * (region.x1 - region.x0);
  const height = signal.height * (region.y1 - region.y0);
  const natural = { width: Math.max(1, Math.round(width)), height: Math.max(1, Math.round(height)) };
  return { ...(options.size ? resolveSize(options.size, width, height) : natural), region };
};

const rangeGiven = ({ range }: RenderCommandOptions): readonly [number, number] | undefined => {
  if (range === undefined) return undefined;
  const [low, high] = range as [number, number];
  if (low === high) throw new UsageError({ what: '--range', wanted: 'two numbers that differ', got: range.join(',') });
  return [low, high];
};

/** What all kinds of rendering need. */
interface Rendering {
  readonly loaded: LoadedField;
  readonly options: RenderCommandOptions;
  readonly output: Output;
  /** The output file. */
  readonly path: string;
  /** How messages refer to it. */
  readonly name: string;
}

const KIND_NAMES = { image: 'an image', audio: 'a sound', shape: 'a shape' } as const;

/** @throws UsageError when the extension names no format in which the signal can be written */
const assertExtension = ({ kind }: SignalDescription, path: string): void => {
  const wanted = kind === 'audio' ? extensionsOf('wav') : extensionsOf(...imageKinds);
  if (wanted.includes(extensionOf(path))) return;
  throw new UsageError({
    what: '--output',
    wanted: `${wantedExtensions(wanted)} for the field of ${KIND_NAMES[kind]}`,
    got: `'${path}'`,
    hint: kind === 'shape' ? 'the command mesh writes meshes' : undefined,
  });
};

/** The options that apply only to some kinds of signals. */
const OPTIONS: Readonly<
  Record<'image' | 'audio' | 'shape', { readonly is: string; readonly names: readonly (keyof RenderCommandOptions)[] }>
> = {
  image: { is: 'images', names: ['size', 'region', 'derivative', 'range'] },
  audio: { is: 'sound', names: ['sampleRate'] },
  shape: { is: 'shapes', names: ['size', 'azimuth', 'elevation', 'zoom', 'up', 'slice'] },
};

/** @throws UsageError when an option is given that does not apply to the kind */
const assertSuited = (kind: keyof typeof OPTIONS, options: RenderCommandOptions): void => {
  const own = OPTIONS[kind].names;
  for (const { is, names } of Object.values(OPTIONS))
    for (const name of names)
      if (!own.includes(name) && options[name] !== undefined) {
        throw new UsageError({
          what: `--${optionName(name)}`,
          problem: `it is for ${is}, and the field is of ${KIND_NAMES[kind]}`,
        });
      }
};

const reporter = (progress: Progress): ((done: number, total: number, shown: number) => void) => {
  const startedAt = performance.now();
  return (done, total, shown) => {
    const seconds = (performance.now() - startedAt) / 1000;
    progress.update(shown, [`${((done / seconds) * 1e-6).toFixed(2)} Mpoints/s`], (seconds * (total - done)) / done);
  };
};

const renderPicture = async (
  signal: ImageDescription,
  { loaded, options, output, path, name }: Rendering,
): Promise<void> => {
  const view = viewOf(signal, options);
  const { width, height } = view;
  const quantity = options.derivative ?? 'value';
  const depth = options.bitDepth ?? 8;
  if (depth !== 8 && depth !== 16) throw wrongBitDepth('8 or 16 for images', depth);
  const given = rangeGiven(options);
  const channels = shownChannels(signal, quantity);
  assertRenderable(path, channels, { view, bitDepth: depth });
  const backend = await chooseBackend(options, output);
  const field = fieldFromData(loaded.data, extensions);
  const progress = createProgress(output, { total: height, unit: 'row' });
  const startedAt = performance.now();
  try {
    await stoppable(output, progress, async ({ signal: abort }) => {
      const range = given ?? (await previewRange(field, signal, view, { quantity, signal: abort }));
      if (quantity !== 'value' && given === undefined)
        output.log(
          `black is ${Number(range[0].toPrecision(4))} and white ${Number(range[1].toPrecision(4))}, from a preview; --range sets them`,
        );
      const report = reporter(progress);
      await renderImage(field, signal, path, {
        view,
        quantity,
        range,
        bitDepth: depth,
        signal: abort,
        report: done => report(done, width * height, Math.floor(done / width)),
      });
      progress.stop();
      const seconds = (performance.now() - startedAt) / 1000;
      output.event('done', {
        output: options.output,
        width,
        height,
        channels,
        derivative: quantity,
        range,
        backend: backend.name,
        seconds,
      });
      output.result(`${name}: ${width} x ${height} pixels in ${formatSeconds(seconds)}`);
    });
  } finally {
    field.dispose();
  }
};

/** A sound is held in memory as float32, as float64, and as an encoded file. */
const BYTES_PER_SAMPLE = 16;

const renderSound = async (
  signal: AudioDescription,
  { loaded, options, output, path, name }: Rendering,
): Promise<void> => {
  const depth = options.bitDepth ?? 16;
  if (depth === 8) throw wrongBitDepth('16, 24 or 32 for sounds', depth);
  const { sampleRate = signal.sampleRate } = options;
  const count = sampleCount(signal, sampleRate);
  assertMemory({
    what: `a sound of ${formatCount(count)} samples`,
    bytes: count * signal.channels * BYTES_PER_SAMPLE,
    fits: available =>
      `--sample-rate ${Math.max(1, Math.floor((sampleRate * available) / (count * signal.channels * BYTES_PER_SAMPLE)))} would fit`,
  });
  await assertWritable(path, { bytes: (count * signal.channels * depth) / 8 });
  const backend = await chooseBackend(options, output);
  const field = fieldFromData(loaded.data, extensions);
  const progress = createProgress(output, { total: count, unit: 'sample' });
  const startedAt = performance.now();
  try {
    await stoppable(output, progress, async ({ signal: abort }) => {
      const report = reporter(progress);
      await renderAudio(field, signal, path, {
        sampleRate,
        bitDepth: depth,
        signal: abort,
        report: done => report(done, count, done),
      });
      progress.stop();
      const seconds = (performance.now() - startedAt) / 1000;
      output.event('done', { output: options.output, samples: count, sampleRate, backend: backend.name, seconds });
      output.result(`${name}: ${count} samples at ${sampleRate} Hz in ${formatSeconds(seconds)}`);
    });
  } finally {
    field.dispose();
  }
};

/** An image of a surface is drawn in memory: depths, normals, ambient occlusion, colours, and the encoded file. */
const BYTES_PER_SURFACE_PIXEL = 100;

/** The side length of a shape's picture, in pixels. */
const SHAPE_SIDE = 512;

const shapeViewOf = ({ azimuth, elevation, zoom, up, slice }: RenderCommandOptions): RenderShapeOptions['view'] => {
  if (slice === undefined)
    return { azimuth: azimuth ?? 30, elevation: elevation ?? 20, zoom: zoom ?? 1, up: up ?? 'y' };
  for (const [name, value] of Object.entries({ azimuth, elevation, zoom, up }))
    if (value !== undefined)
      throw new UsageError({ what: `--${name}`, problem: 'it is for a surface, and --slice shows a plane' });
  return slice;
};

const renderSurfacePicture = async ({ loaded, options, output, path, name }: Rendering): Promise<void> => {
  const { data } = loaded;
  const outputs = outFeatures(data.spec, extensions);
  if (data.spec.inFeatures !== 3 || outputs !== 1)
    throw new InputError({
      what: 'the field of a shape',
      wanted: '3 coordinates and 1 value',
      got: `${data.spec.inFeatures} and ${outputs}`,
    });
  const depth = options.bitDepth ?? 8;
  if (depth !== 8 && depth !== 16) throw wrongBitDepth('8 or 16 for images', depth);
  const size = resolveSize(options.size ?? { longest: SHAPE_SIDE }, 1, 1);
  const pixels = size.width * size.height;
  assertMemory({
    what: `a picture of a shape of ${size.width} x ${size.height} pixels`,
    bytes: pixels * BYTES_PER_SURFACE_PIXEL,
    fits: available =>
      `--size ${Math.floor(Math.max(size.width, size.height) * Math.sqrt(available / (pixels * BYTES_PER_SURFACE_PIXEL)))} would fit`,
  });
  const view = shapeViewOf(options);
  assertRenderable(path, 3, { view: { ...size, region: wholePicture }, bitDepth: depth });
  const backend = await chooseBackend(options, output);
  const field = fieldFromData(data, extensions);
  const progress = createProgress(output, { total: 100, unit: 'percent' });
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  try {
    await stoppable(output, progress, async ({ signal }) => {
      await renderShape(field, path, {
        ...size,
        view,
        bitDepth: depth,
        signal,
        report: share => progress.update(Math.round(100 * share), [], (seconds() * (1 - share)) / share),
      });
      progress.stop();
      output.event('done', { output: options.output, ...size, view, backend: backend.name, seconds: seconds() });
      output.result(`${name}: ${size.width} x ${size.height} pixels in ${formatSeconds(seconds())}`);
    });
  } finally {
    field.dispose();
  }
};

const renderTo = (signal: SignalDescription, rendering: Rendering): Promise<void> => {
  switch (signal.kind) {
    case 'image':
      return renderPicture(signal, rendering);
    case 'audio':
      return renderSound(signal, rendering);
    case 'shape':
      return renderSurfacePicture(rendering);
  }
};

const action = async (file: string, options: RenderCommandOptions): Promise<void> => {
  const toStdout = options.output === STANDARD_STREAM;
  if (toStdout && options.json)
    throw new UsageError({ what: '--output -', problem: 'it excludes --json: both write to stdout' });
  const output = outputOf(options, toStdout ? 'stderr' : 'stdout');
  const loaded = await loadFieldAloud(file, options, output);
  const signal = loaded.signal ?? assume(file, loaded, options);
  assertSuited(signal.kind, options);
  if (toStdout) {
    const format = signal.kind === 'audio' ? 'wav' : 'png';
    await withStdoutFile(`stdout.${format}`, path =>
      renderTo(signal, { loaded, options, output, path, name: `stdout (${format.toUpperCase()})` }),
    );
    return;
  }
  const kinds: readonly OutputKind[] = signal.kind === 'audio' ? ['wav'] : imageKinds;
  const path = options.output;
  assertExtension(signal, path);
  const outputs = [{ option: '--output', path, kinds }];
  await withOutputs({ inputs: [file], outputs, force: options.force }, output, () =>
    renderTo(signal, { loaded, options, output, path, name: path }),
  );
};

const parseSlice = (text: string): Slice => {
  const [, axis, at] = /^([xyz])=([-+.\d]+)$/.exec(text.trim()) ?? [];
  if (axis === undefined || !Number.isFinite(Number(at)))
    throw new ArgumentError('a plane like x=0, y=-0.2 or z=0.5, in the coordinates of the field');
  return { axis: axis as Slice['axis'], at: Number(at) };
};

/** Adds the command. */
export const addRenderCommand = (program: Command): void => {
  const command = program
    .command('render')
    .description('Render a field to a picture (PNG, JPEG, WebP, AVIF) or a sound (WAV), at any resolution.')
    .argument(
      '<field>',
      'a field file, a checkpoint or a state dict of PyTorch (.pt, .pth, safetensors); - reads stdin',
    )
    .requiredOption(
      '-o, --output <file>',
      'the file to write; its extension is its format; - writes PNG or WAV to stdout',
    )
    .optionsGroup('Image:')
    .option(
      '-s, --size <size>',
      'WIDTHxHEIGHT, or a number for the longest side (default: the resolution of the fit)',
      parseSize,
    )
    .option(
      '--region <x0,y0,x1,y1>',
      'the part to draw, in fractions of the image, from its upper left corner 0,0 to its lower right 1,1; ' +
        'values outside show how the field continues beyond the image',
      numberList(4, 'four numbers x0,y0,x1,y1'),
    )
    .addOption(
      new Option(
        '--derivative <name>',
        'value, length of the gradient, or Laplacian of each channel (default: value)',
      ).choices(['value', 'gradient', 'laplacian']),
    )
    .option(
      '--range <low,high>',
      'values drawn black and white (default: 0,1; for derivatives, of an image in [0, 1], chosen from a preview)',
      numberList(2, 'two numbers low,high'),
    )
    .optionsGroup('Shape (--size: 512 if absent):')
    .option(
      '--azimuth <degrees>',
      'direction of the camera: 0 in front (in the direction of z), 90 right (default: 30)',
      finite,
    )
    .option('--elevation <degrees>', 'elevation of the camera, from -90 to 90 (default: 20)', finite)
    .option('--zoom <number>', 'magnification (default: 1)', positive)
    .addOption(new Option('--up <axis>', 'which coordinate points upwards (default: y)').choices(['y', 'z']))
    .option('--slice <plane>', 'a cross-section instead, e.g. z=0, with contour lines of the distance', parseSlice)
    .optionsGroup('Sound:')
    .option('--sample-rate <hertz>', 'samples per second (default: as in the fit)', integer(1, 0xffffffff))
    .optionsGroup('Output:')
    .option('-f, --force', 'overwrites a file that this program did not write')
    .option('--bit-depth <bits>', 'images: 8 (default) or 16 (PNG); sound: 16 (default), 24 or 32 (float)', bitDepth);
  withPytorchOptions(withCommonOptions(command))
    .addHelpText(
      'after',
      helpExamples([
        ['neural-fields render p.safetensors -o p.png', 'the image as it was fitted'],
        ['neural-fields render p.safetensors -o p.png -s 4096', 'larger: 4,096 pixels wide or high'],
        ['neural-fields render p.safetensors -o - | display', 'to another program'],
        ['neural-fields render song.safetensors -o song.wav', 'a sound'],
        ['neural-fields render b.safetensors -o b.png --up z', 'a shape whose z points upwards'],
      ]),
    )
    .action(action);
};
