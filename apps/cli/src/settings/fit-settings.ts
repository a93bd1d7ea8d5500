/**
 * @file The settings of a fit: one typed object, shared by the command line's options, the file of `--config`, the
 * metadata of fields and the fit itself.
 */
import {
  ArgumentError,
  finite,
  fraction,
  integer,
  notNegative,
  numberList,
  parseSize,
  positive,
  type Size,
  UsageError,
} from '@neural-fields/app-kit';
import { type FitSettings, optimizerNames, type ScheduleName, samplingNames } from '@neural-fields/app-kit/fitting';
import type { ShapeTermOptions } from '@neural-fields/app-kit/shapes';
import type { SignalDescription } from '@neural-fields/app-kit/signals';
import type { ActivationSpec, NetworkSize } from '@neural-fields/core';
import { type FieldPrecision, fieldPrecisions } from '@neural-fields/core/files';
import type { Bounds } from '@neural-fields/periodic-init';
import type { GridConvention } from '@neural-fields/signals';
import { formatActivation, parseActivation } from '../options/activation.ts';
import { formatBounds, parseBounds } from '../options/bounds.ts';
import { formatNetwork, type NetworkChoice, networkNames, parseNetwork } from '../options/network-choice.ts';
import { formatGoal, type Goal, parseGoal, parseTime } from './goals.ts';
import { activationNames, encodingNames } from './names.ts';
import { type PresetName, presetNames } from './presets.ts';

/** The settings of the network. */
export interface NetworkSettings {
  /** A network of the literature, which excludes an activation, its frequencies and an encoding. */
  readonly network?: NetworkChoice | undefined;
  /** If `undefined`: that of the network's preset. */
  readonly hiddenFeatures?: number | undefined;
  readonly hiddenLayers?: number | undefined;
  /** If `undefined`: sine, or relu after an encoding. Parameters that it lacks are those of its paper. */
  readonly activation?: ActivationSpec | undefined;
  /** If `undefined`: the preset's; `auto`: from the frequencies of the signal. */
  readonly omega0?: 'auto' | number | undefined;
  readonly omegaHidden?: number | undefined;
  /** The factor on a SIREN's initial weights; if `undefined`: the preset's, or 1 with an omega0 of the user's. */
  readonly weightScale?: number | undefined;
}

/** What limits a network's spectrum. */
export interface SpectralSettings {
  /** The bounds on the hidden weights of a periodic network, after every update. */
  readonly bounds?: Bounds | undefined;
}

/** The settings of the encoding in front of the network. */
export interface EncodingSettings {
  readonly encoding?: (typeof encodingNames)[number] | undefined;
  readonly encodingOctaves?: number | undefined;
  readonly encodingFeatures?: number | undefined;
  readonly encodingScale?: number | undefined;
  readonly encodingSigma?: number | undefined;
}

/** How a picture is prepared. */
export interface ImageSettings {
  /** Shrink to this size before fitting. */
  readonly size?: Size | undefined;
  readonly channels?: 'grey' | 'rgb' | 'keep' | undefined;
  readonly aspect?: 'stretch' | 'keep' | undefined;
  /** Decode what can be read of a damaged file, with a warning. */
  readonly allowDamaged?: boolean | undefined;
  /** Refuse pictures with more pixels; 2^28 if absent. */
  readonly maxPixels?: number | undefined;
}

/** How a sound is prepared. */
export interface AudioSettings {
  /** Seconds of the sound to fit; if `undefined`, the preset decides. */
  readonly duration?: 'all' | number | undefined;
  /** Where the fitted part starts, in seconds from the beginning; if `undefined`, it is in the middle of the sound. */
  readonly start?: number | undefined;
}

/** How a shape is prepared and fitted. */
export interface ShapeSettings {
  /**
   * Points near the surface, in addition to the others, as a fraction of the batch. Only the gradient's length matters
   * there.
   */
  readonly near?: number | undefined;
  /** The weights of the loss terms: on the surface, off it, normals, gradient length. */
  readonly weights?: ShapeTermOptions['weights'] | undefined;
  /** The weight of the distance to the shape's nearest point, off the surface; 0 for the paper's loss alone. */
  readonly distanceWeight?: number | undefined;
  /** The margin between the shape and the box [-1, 1]^3, as a fraction; if absent, the preset's. */
  readonly margin?: number | undefined;
  /** The normals of a mesh: those of its triangles (if absent), or interpolated from its vertices. */
  readonly normals?: 'face' | 'vertex' | undefined;
}

/** All settings of a fit. Those that are `undefined` depend on the preset and the signal. */
export interface Settings
  extends NetworkSettings,
    SpectralSettings,
    EncodingSettings,
    ImageSettings,
    AudioSettings,
    ShapeSettings,
    Pick<FitSettings, 'seed' | 'averageDecay' | 'chunkSize'>,
    Partial<
      Pick<
        FitSettings,
        'steps' | 'optimizer' | 'learningRate' | 'schedule' | 'batch' | 'sampling' | 'clipNorm' | 'keep' | 'reportEvery'
      >
    > {
  readonly preset: PresetName;
  /** The time for all steps in seconds, instead of their number. */
  readonly time?: number | undefined;
  /** A goal that ends the fit early. */
  readonly until?: Goal | undefined;
  readonly grid: GridConvention;
  /** The precision of the matrices in the field file; float32 if absent. */
  readonly precision?: FieldPrecision | undefined;
  /** Refuse files with more bytes. */
  readonly maxBytes?: number | undefined;
}

/** Settings, any of which may be absent. */
export type GivenSettings = Partial<Settings>;

/** The defaults of the settings that do not depend on the signal. */
const defaults: Pick<Settings, 'preset' | 'grid' | 'seed'> = { preset: 'fast', grid: 'corner-aligned', seed: 0 };

/** The size of a network that is not one of the literature. */
export const defaultSize: Required<Pick<NetworkSize, 'hiddenFeatures' | 'hiddenLayers'>> = {
  hiddenFeatures: 256,
  hiddenLayers: 3,
};

/** The name of a setting, as it appears in `--config` files. */
export type SettingName = keyof Settings;

/** A setting as a command-line option, and as a value in JSON. */
export interface SettingDefinition<Value> {
  /** In commander's syntax. */
  readonly flags: string;
  readonly description: string;
  /** Parses the option's value; `undefined` for an option without one. */
  readonly parse?: (text: string) => Value;
  readonly choices?: readonly string[];
  /** Whether `parse` takes more than the choices, which are then for completion and help alone. */
  readonly takesMore?: boolean;
  /** The only kind of signal to which the setting applies. */
  readonly kind?: SignalDescription['kind'];
  /** Formats the value as text that `parse` accepts, if it is neither text nor a number. */
  readonly format?: (settings: GivenSettings) => string | undefined;
}

type Definitions = { readonly [Name in SettingName]-?: SettingDefinition<NonNullable<Settings[Name]>> };

/** A definition whose value is one of several names. */
const oneOf = <Name extends string>(
  names: readonly Name[],
): Required<Pick<SettingDefinition<Name>, 'parse' | 'choices'>> => ({
  choices: names,
  parse: text => {
    const found = names.find(name => name === text);
    if (found === undefined) throw new ArgumentError(`one of ${names.join(', ')}`);
    return found;
  },
});

const wordOrNumber =
  <Word extends string>(word: Word, parse: (text: string) => number) =>
  (text: string): Word | number =>
    text === word ? word : parse(text);

/** Reads `full`, or a number of points. */
export const parseBatch: (text: string) => 'full' | number = wordOrNumber('full', integer(1));

const formatSize = (size: Size): string => ('longest' in size ? String(size.longest) : `${size.width}x${size.height}`);

const parseWeights = (text: string): ShapeTermOptions['weights'] => {
  const [surface = 0, off = 0, normal = 0, eikonal = 0] = numberList(
    4,
    'four numbers surface,off,normal,eikonal of at least 0',
    0,
  )(text);
  return [surface, off, normal, eikonal];
};

/** Reads `constant`, `cosine`, `exponential`, which falls to a tenth, or `exponential:0.01`. */
const parseSchedule = (text: string): ScheduleName => {
  if (text === 'constant' || text === 'cosine') return text;
  const [, factor = '0.1'] = /^exponential(?::(\S+))?$/.exec(text) ?? [];
  const value = text.startsWith('exponential') ? Number(factor) : Number.NaN;
  if (!(value > 0 && value <= 1))
    throw new ArgumentError('one of constant, cosine, exponential, or exponential with a factor as in exponential:0.1');
  return `exponential:${value}`;
};

/** The maximum width of a layer. */
const MAX_WIDTH = 65_536;

/** Every setting, in the order of the help. */
export const settingDefinitions: Definitions = {
  preset: {
    flags: '-p, --preset <name>',
    description: 'fast (default) takes about a minute on two cores, balanced about four; paper is the SIREN paper',
    ...oneOf(presetNames),
  },
  network: {
    flags: '--network <name>',
    description:
      "network of the literature with its paper's settings and options as in wire:omega=30; 'list networks' shows all",
    choices: networkNames,
    takesMore: true,
    parse: parseNetwork,
    format: ({ network }) => network && formatNetwork(network),
  },
  bounds: {
    flags: '--bounds <low,high>',
    description: 'clamps the hidden weights of --network tuner for low and high input frequencies; 1,0.6 in its paper',
    parse: parseBounds,
    format: ({ bounds }) => bounds && formatBounds(bounds),
  },
  hiddenFeatures: {
    flags: '--hidden-features <n>',
    description: `width of the hidden layers (default: ${defaultSize.hiddenFeatures})`,
    parse: integer(1, MAX_WIDTH),
  },
  hiddenLayers: {
    flags: '--hidden-layers <n>',
    description: `hidden-to-hidden layers, as the SIREN paper counts (default: ${defaultSize.hiddenLayers})`,
    parse: integer(0, 1_000),
  },
  activation: {
    flags: '--activation <name>',
    description:
      'activation of the hidden layers, with parameters as in gaussian:sigma=0.05 (default: sine, a SIREN; with an encoding relu)',
    choices: activationNames,
    takesMore: true,
    parse: parseActivation(activationNames),
    format: ({ activation }) => activation && formatActivation(activation),
  },
  omega0: {
    flags: '--omega0 <number>',
    description:
      'frequency factor of the first layer, or auto: from the frequencies of an image or sound (default: 30, sound 8000; paper 30)',
    parse: wordOrNumber('auto', positive),
  },
  weightScale: {
    flags: '--weight-scale <factor>',
    description:
      'on the initial weights of all layers of a SIREN but the last (default: 1.5 for an image without --omega0, otherwise 1)',
    parse: positive,
  },
  omegaHidden: {
    flags: '--omega-hidden <number>',
    description: 'frequency factor of the other layers (default: 30)',
    parse: positive,
  },
  encoding: {
    flags: '--encoding <name>',
    description: 'encoding of the coordinates before the first layer (default: none)',
    ...oneOf(encodingNames),
  },
  encodingOctaves: {
    flags: '--encoding-octaves <n>',
    description: 'octaves of positional (default: up to the Nyquist frequency; shapes 10)',
    parse: integer(1, 32),
  },
  encodingFeatures: {
    flags: '--encoding-features <n>',
    description: 'frequencies of fourier (default: 256), functions of rbf (default: 1024)',
    parse: integer(1, MAX_WIDTH),
  },
  encodingScale: {
    flags: '--encoding-scale <number>',
    description: 'standard deviation of the frequencies of fourier, in turns per unit (default: 5)',
    parse: positive,
  },
  encodingSigma: {
    flags: '--encoding-sigma <number>',
    description: 'sigma of the functions of rbf, in units of the coordinates (default: 0.25)',
    parse: positive,
  },
  steps: {
    flags: '-s, --steps <n>',
    description:
      'total number of steps, including those before a resume (default: 500, with muon 250, shapes 300; balanced 4 times that; paper 10000, sound 9000)',
    parse: integer(1),
  },
  time: {
    flags: '--time <time>',
    description: 'as many steps as fit into 30s, 5m or 1h, measured once at the beginning; in place of --steps',
    parse: parseTime,
  },
  until: {
    flags: '--until <goal>',
    description: 'ends the fit early: 40dB of PSNR for an image, 20dB of SNR for a sound, a loss for a shape',
    parse: parseGoal,
    format: ({ until }) => until && formatGoal(until),
  },
  optimizer: {
    flags: '--optimizer <name>',
    description:
      'muon turns the steps of hidden matrices (default for an image with a SIREN), soap their coordinates (default: adam)',
    ...oneOf(optimizerNames),
  },
  learningRate: {
    flags: '--lr, --learning-rate <number>',
    description: 'learning rate (default: 1e-3, sound 2e-4, shapes 5e-4; muon 4 times that, soap twice; paper 1e-4)',
    parse: positive,
  },
  schedule: {
    flags: '--schedule <name>',
    description:
      'learning rate over the steps; cosine falls to 0, exponential:0.1 to a tenth (default: cosine; paper constant)',
    choices: ['constant', 'cosine', 'exponential'],
    takesMore: true,
    parse: parseSchedule,
  },
  batch: {
    flags: '-b, --batch <n>',
    description:
      'points in a step, or full for all (default: 8192, with muon 16384, shapes 2800; paper full, shapes 2800)',
    parse: parseBatch,
  },
  sampling: {
    flags: '--sampling <name>',
    description:
      'points of a step: random, or stratified: one of each neighbourhood, all once an epoch (default: with muon stratified)',
    ...oneOf(samplingNames),
  },
  clipNorm: {
    flags: '--clip-norm <number>',
    description: 'maximum norm of the gradient; longer ones are scaled (default: none; shapes 1)',
    parse: positive,
  },
  averageDecay: {
    flags: '--average-decay <number>',
    description: 'writes a moving average of the parameters with this decay, e.g. 0.999',
    parse: fraction,
  },
  keep: {
    flags: '--keep <name>',
    description: 'parameters that the field ends with: best by a running loss, or last (default: best; paper last)',
    ...oneOf(['best', 'last']),
  },
  seed: {
    flags: '--seed <number>',
    description: `seed of the initial parameters and of random points (default: ${defaults.seed})`,
    parse: finite,
  },
  chunkSize: {
    flags: '--chunk-size <n>',
    description: 'points that are computed at once (default: by memory and speed)',
    parse: integer(1),
  },
  reportEvery: {
    flags: '--report-every <n>',
    description: 'steps between reports (default: 1 on CPUs, 10 on WebGPU)',
    parse: integer(1),
  },
  precision: {
    flags: '--precision <name>',
    description: 'matrices of the field file: float16 takes half the bytes, int8 a quarter (default: float32)',
    ...oneOf(fieldPrecisions),
  },
  grid: {
    flags: '--grid <name>',
    description: 'corner-aligned: the outer samples are on the edges (default); pixel-centred: half a pixel inside',
    ...oneOf(['corner-aligned', 'pixel-centred']),
  },
  maxBytes: {
    flags: '--max-bytes <n>',
    description: 'refuses a larger file (default: 2 GiB, from a pipe 256 MiB)',
    parse: integer(1),
  },
  size: {
    flags: '--size <size>',
    description: 'shrinks the image first: WIDTHxHEIGHT, or the maximum of the longest side',
    parse: parseSize,
    format: ({ size }) => size && formatSize(size),
    kind: 'image',
  },
  channels: {
    flags: '--channels <name>',
    description: 'channels of the image (default: keep)',
    ...oneOf(['grey', 'rgb', 'keep']),
    kind: 'image',
  },
  aspect: {
    flags: '--aspect <name>',
    description: 'stretches both sides to [-1, 1], or keeps the pixels square (default: stretch)',
    ...oneOf(['stretch', 'keep']),
    kind: 'image',
  },
  allowDamaged: {
    flags: '--allow-damaged',
    description: 'decodes what can be read of a damaged image, with a warning',
    kind: 'image',
  },
  maxPixels: {
    flags: '--max-pixels <n>',
    description: 'refuses an image of more pixels (default: 268435456)',
    parse: integer(1),
    kind: 'image',
  },
  duration: {
    flags: '--duration <seconds>',
    description: 'how much of the sound is fitted: seconds, or all (default: 5; paper all)',
    parse: wordOrNumber('all', positive),
    kind: 'audio',
  },
  start: {
    flags: '--start <seconds>',
    description: 'where the fitted part begins (default: it is in the middle)',
    parse: notNegative,
    kind: 'audio',
  },
  near: {
    flags: '--near <share>',
    description: 'additional points near the surface, as a share of the batch (default: 0.25; paper 0)',
    parse: fraction,
    kind: 'shape',
  },
  weights: {
    flags: '--weights <numbers>',
    description: 'weights of the loss: surface,off,normal,eikonal (default: 3000,100,100,50)',
    parse: parseWeights,
    format: ({ weights }) => weights?.join(','),
    kind: 'shape',
  },
  distanceWeight: {
    flags: '--distance-weight <number>',
    description:
      "weight of the distance to the nearest point, off the surface; 0 is the paper's loss (default: 150; paper 0)",
    parse: notNegative,
    kind: 'shape',
  },
  margin: {
    flags: '--margin <share>',
    description: 'margin between the shape and its box from -1 to 1, as a share (default: 0.1; paper 0)',
    parse: fraction,
    kind: 'shape',
  },
  normals: {
    flags: '--normals <name>',
    description: 'normals of a mesh: of its faces, or interpolated from its vertices (default: face)',
    ...oneOf(['face', 'vertex']),
    kind: 'shape',
  },
};

/** The names of all settings. */
export const settingNames = Object.keys(settingDefinitions) as readonly SettingName[];

/** Drops the steps if later settings have a time, and vice versa. */
const withoutOverridden = (settings: GivenSettings, later: readonly GivenSettings[]): GivenSettings => {
  const isGiven = (name: 'steps' | 'time'): boolean => later.some(each => each[name] !== undefined);
  const { steps, time, ...rest } = settings;
  return {
    ...rest,
    ...(steps !== undefined && !isGiven('time') && { steps }),
    ...(time !== undefined && !isGiven('steps') && { time }),
  };
};

/**
 * Merges settings, with defaults for what does not depend on the signal. Later values win, unless they are `undefined`.
 *
 * @throws UsageError when one of them has both steps and a time
 */
export const mergeSettings = (...layers: readonly GivenSettings[]): Settings => {
  for (const { steps, time } of layers)
    if (steps !== undefined && time !== undefined)
      throw new UsageError({ what: '--time', problem: 'it excludes --steps: the time decides their number' });
  const given = layers.map((settings, index) => withoutOverridden(settings, layers.slice(index + 1)));
  const entries = given.flatMap(settings => Object.entries(settings)).filter(([, value]) => value !== undefined);
  const settings = Object.fromEntries(entries) as GivenSettings;
  return { ...defaults, ...(settings.network === undefined && defaultSize), ...settings };
};

/** Picks the settings from the options of a command. */
export const pickSettings = (options: GivenSettings): GivenSettings =>
  Object.fromEntries(
    settingNames.filter(name => options[name] !== undefined).map(name => [name, options[name]]),
  ) as GivenSettings;
