/** @file A sound, fitted by three networks: section 3.1 and the supplement of the SIREN paper. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { explainedWithin, InputError } from '@neural-fields/app-kit';
import { readInput } from '@neural-fields/app-kit/files';
import { playPrelude } from '@neural-fields/app-kit/music';
import { sampleAll } from '@neural-fields/app-kit/render';
import { adam, term } from '@neural-fields/core';
import { amplitudeSpectrum, hannWindow } from '@neural-fields/core/spectra';
import { mse } from '@neural-fields/losses';
import { AudioError, audioSamples, decodeAudio, encodeAudio } from '@neural-fields/signals';
import ndarray from 'ndarray';
import type { Experiment, ExperimentContext, ExperimentPlan, FittedField } from '../frame/experiment.ts';
import type { Check, Findings } from '../frame/findings.ts';
import { type NetworkName, networkExtensions, networkLabels, networkNames, networkSpec } from '../shared/networks.ts';
import { hashNumbers } from '../shared/pictures.ts';

/** The authors' coordinates of the first and the last sample. */
const COORDINATES = [-100, 100] as const;

/** The paper's mean squared errors on its recording of Bach. */
const published: Readonly<Partial<Record<NetworkName, number>>> = { siren: 1.1e-5, 'relu-pe': 2.4e-2, relu: 2.5e-2 };

/** Sample rates of the computed piece, in Hz. */
const sampleRates = { quick: 8000, paper: 44_100 } as const;

interface Sound {
  /** Scaled so that the loudest sample is 1 or -1. */
  readonly samples: Float32Array;
  readonly sampleRate: number;
  readonly sha256: string;
  readonly note: string;
  /** Anything unusual about the file. */
  readonly warnings?: readonly string[];
}

const readSound = async (path: string, length: number): Promise<Sound> => {
  const bytes = await readInput(path);
  try {
    const { samples: all, sampleRate, notes } = decodeAudio(bytes);
    const [total, channels] = all.shape as [number, number];
    const count = Math.min(length, total);
    const mono = Float32Array.from({ length: count }, (_, i) => {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += all.data[i * channels + c] as number;
      return sum / channels;
    });
    const peak = mono.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const note = `${basename(path)}: the first ${count} of ${total} samples at ${sampleRate} Hz, one channel, loudest sample 1`;
    const warnings = notes.map(({ text }) => `'${path}': ${text}`);
    return { samples: mono.map(value => value / peak), sampleRate, sha256, note, warnings };
  } catch (cause) {
    if (!(cause instanceof AudioError)) throw cause;
    throw new InputError(explainedWithin(`cannot read '${path}'`, cause), { cause });
  }
};

const loadSound = async ({ audioFile, settings: { size }, profile }: ExperimentContext): Promise<Sound> => {
  if (audioFile !== undefined) return readSound(audioFile, size);
  const sampleRate = sampleRates[profile];
  const music = playPrelude({ length: size, sampleRate, seed: 0 });
  const seconds = (size / sampleRate).toFixed(2);
  const note = `Johann Sebastian Bach, prelude BWV 1007, its first ${seconds} s on computed strings: ${size} samples at ${sampleRate} Hz`;
  return { samples: music, sampleRate, sha256: hashNumbers(music), note };
};

const meanSquare = (values: ArrayLike<number>, truth: Float32Array): number =>
  truth.reduce((sum, value, i) => sum + ((values[i] as number) - value) ** 2, 0) / truth.length;

const wav = (data: Float32Array, sampleRate: number): Uint8Array =>
  encodeAudio({ samples: ndarray(data, [data.length, 1]), sampleRate });

/** The amplitude spectrum, at positive frequencies. */
const spectrumOf = (data: Float32Array, sampleRate: number): { readonly x: number[]; readonly y: number[] } => {
  const { amplitudes } = amplitudeSpectrum(
    { data, shape: [data.length] },
    { spacing: 1 / sampleRate, window: hannWindow },
  );
  const half = Math.floor(data.length / 2);
  // Frequency zero is in the middle. Neighbouring bins are averaged, or the plot would be all spikes.
  const width = Math.max(1, Math.floor(half / 200));
  const bins = Array.from({ length: Math.floor((half - 1) / width) }, (_, bin) => {
    const part = Array.from({ length: width }, (__, i) => amplitudes[half + 1 + bin * width + i] as number);
    return {
      x: ((1 + (bin + 0.5) * width) * sampleRate) / data.length,
      y: part.reduce((sum, value) => sum + value, 0) / width,
    };
  });
  return { x: bins.map(({ x }) => x), y: bins.map(({ y }) => y) };
};

const evaluate = async (
  sound: Sound,
  { signal }: ExperimentContext,
  fits: Readonly<Record<string, FittedField>>,
): Promise<Findings> => {
  const { samples: truth, sampleRate } = sound;
  const [low, high] = COORDINATES;
  const step = (high - low) / Math.max(1, truth.length - 1);
  const range = {
    count: truth.length,
    coords: (start: number, count: number) => Float32Array.from({ length: count }, (_, i) => low + step * (start + i)),
  };
  const results: { name: NetworkName; label: string; values: Float32Array; error: number }[] = [];
  for (const name of networkNames(Object.keys(fits))) {
    const { model: field, label } = fits[name] as FittedField;
    const values = await sampleAll(field, range, { quantity: 'value', signal });
    results.push({ name, label, values, error: meanSquare(values, truth) });
  }
  const times = Float32Array.from(truth, (_, i) => i / sampleRate);
  const excerpt = Math.min(truth.length, Math.round(0.05 * sampleRate));
  const from = Math.floor((truth.length - excerpt) / 2);
  const part = (values: Float32Array): Float32Array => values.slice(from, from + excerpt);
  const siren = results.find(({ name }) => name === 'siren');
  const others = results.filter(({ name }) => name !== 'siren');
  const checks: Check[] = results.map(({ name, label, error }) => ({
    what: `${label}, mean squared error`,
    unit: '',
    obtained: error,
    published: published[name],
  }));
  if (siren && others.length > 0)
    checks.push({
      what: 'Mean squared error of the best other, over that of SIREN',
      unit: 'times',
      obtained: Math.min(...others.map(({ error }) => error)) / siren.error,
      published: 2.4e-2 / 1.1e-5,
      atLeast: 10,
      because:
        'the paper has more than three orders of magnitude after 9,000 steps on 7 seconds; a short run must show one',
    });
  const clip = (values: Float32Array): Float32Array => values.map(value => Math.min(1, Math.max(-1, value)));
  return {
    numbers: Object.fromEntries(results.map(({ name, error }) => [name, { mse: error }])),
    tables: [
      {
        title: 'Mean squared error, and signal-to-noise ratio (dB)',
        corner: 'network',
        columns: ['mean squared error', 'SNR', 'paper: mean squared error'],
        rows: results.map(({ name, label, error }) => {
          const power = truth.reduce((sum, value) => sum + value ** 2, 0) / truth.length;
          const paper = published[name];
          return {
            name: label,
            cells: [
              error.toExponential(2),
              (10 * Math.log10(power / error)).toFixed(2),
              paper === undefined ? undefined : paper.toExponential(1),
            ],
          };
        }),
        caption: 'The paper fits a recording of another piece by Bach, of 7 seconds at 44,100 Hz.',
      },
    ],
    checks,
    pictures: [],
    plots: [
      {
        name: 'wave',
        title: 'A twentieth of a second',
        x: { label: 'seconds' },
        y: { label: 'amplitude' },
        lines: [
          { name: 'sound', x: part(times), y: part(truth) },
          ...results.map(({ label, values }) => ({ name: label, x: part(times), y: part(values) })),
        ],
      },
      {
        name: 'spectrum',
        title: 'Amplitude by frequency',
        x: { label: 'hertz' },
        y: { label: 'amplitude', logarithmic: true },
        lines: [
          { name: 'sound', ...spectrumOf(truth, sampleRate) },
          ...results.map(({ label, values }) => ({ name: label, ...spectrumOf(values, sampleRate) })),
        ],
      },
    ],
    notes: [
      "Mean squared error of samples whose loudest is 1 or -1, over all samples, as in the authors' code.",
      "Time runs from -100 to 100 for all networks, as in the authors' code. The positional encoding has octaves up to the Nyquist frequency.",
    ],
    files: [
      { name: 'sound.wav', what: 'the sound', bytes: wav(truth, sampleRate) },
      ...results.map(({ name, label, values }) => ({
        name: `${name}.wav`,
        what: label,
        bytes: wav(clip(values), sampleRate),
      })),
    ],
  };
};

const prepare = async (context: ExperimentContext): Promise<ExperimentPlan> => {
  const { hiddenFeatures, hiddenLayers, steps, seed, learningRate } = context.settings;
  const sound = await loadSound(context);
  const { length } = sound.samples;
  if (length < 2)
    throw new InputError({ what: '--audio', wanted: 'a sound of at least two samples', got: String(length) });
  const audio = { samples: ndarray(sound.samples, [length, 1]), sampleRate: sound.sampleRate };
  const points = audioSamples(audio, { coordinateRange: COORDINATES });
  return {
    notes: [sound.note],
    ...(sound.warnings && { warnings: sound.warnings }),
    fits: networkNames(context.networks).map(name => ({
      name,
      label: networkLabels[name],
      spec: networkSpec(name, { inFeatures: 1, outFeatures: 1, hiddenFeatures, hiddenLayers, samples: length }),
      extensions: networkExtensions,
      terms: () => [term({ points, loss: mse() })],
      identity: { sound: hashNumbers(sound.samples) },
      steps,
      seed,
      optimizer: adam({ learningRate }),
      signal: {
        kind: 'audio',
        length,
        channels: 1,
        sampleRate: sound.sampleRate,
        convention: 'corner-aligned',
        spans: [COORDINATES],
        range: [-1, 1],
      },
    })),
    evaluate: fits => evaluate(sound, context, fits),
  };
};

/** The experiment. */
export const sirenAudio: Experiment = {
  id: 'siren-audio',
  title: 'A sound',
  source: 'Sitzmann et al. 2020, arXiv:2006.09661, section 3.1 and its supplement on audio',
  summary: 'Three networks learn the samples of a sound. Only a SIREN learns them well enough to be listened to.',
  data: "the opening of Bach's prelude BWV 1007 on computed strings (the authors: a recording), all samples in every step",
  networks: ['siren', 'relu', 'relu-pe'],
  takes: ['audio'],
  sizes: { least: 2, most: 2_000_000 },
  profiles: {
    quick: { size: 4000, steps: 300, hiddenFeatures: 256, hiddenLayers: 3, learningRate: 1e-4 },
    paper: { size: 308_207, steps: 9_000, hiddenFeatures: 256, hiddenLayers: 3, learningRate: 1e-4 },
  },
  prepare,
};
