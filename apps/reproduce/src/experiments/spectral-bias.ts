/**
 * @file In which order networks learn frequencies, and how far what they have learned withstands noise on the
 *   parameters: Rahaman et al. 2019, "On the spectral bias of neural networks", arXiv:1806.08734, section 3.
 */
import { sampleField } from '@neural-fields/app-kit/render';
import { adam, cosine, createRng, type Field, type FieldSpec, term } from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import { networkPreset } from '@neural-fields/networks';
import { denseArray, samples } from '@neural-fields/signals';
import type {
  Experiment,
  ExperimentContext,
  ExperimentPlan,
  ExperimentSettings,
  FitPlan,
  FittedField,
} from '../frame/experiment.ts';
import type { Check, Findings, LinePlot, Picture, Table } from '../frame/findings.ts';
import { networkExtensions, networkLabels, networkSpec } from '../shared/networks.ts';
import { perturbedField } from '../shared/perturbed.ts';
import { hashNumbers } from '../shared/pictures.ts';
import { amplitudesAt, type WaveSum, waveSum } from '../shared/wave-sum.ts';

const GRID = 'hash-grid';
/** The paper's own network first. */
const NAMES = ['relu', 'tanh', 'relu-pe', 'siren', GRID] as const;
type Name = (typeof NAMES)[number];

const labels: Readonly<Record<Name, string>> = {
  relu: networkLabels.relu,
  tanh: networkLabels.tanh,
  'relu-pe': networkLabels['relu-pe'],
  siren: networkLabels.siren,
  [GRID]: 'hash grid',
};

const isName = (name: string): name is Name => name in labels;

const specOf = (name: Name, { size, hiddenFeatures, hiddenLayers }: ExperimentSettings): FieldSpec => {
  const signal = { inFeatures: 1, outFeatures: 1 };
  if (name !== GRID) return networkSpec(name, { ...signal, samples: size, hiddenFeatures, hiddenLayers });
  // Half the samples, as in Instant-NGP's pictures.
  const finestResolution = Math.max(2, Math.floor(size / 2));
  return networkPreset('instant-ngp').spec(signal, {
    ...{ finestResolution, baseResolution: Math.min(16, finestResolution) },
    hiddenFeatures,
  });
};

/** Measurements during a fit. */
const MEASUREMENTS = 100;
/** The error of a frequency as a part of its amplitude at which it counts as learned: its energy is 10 dB down. */
const LEARNED = Math.sqrt(0.1);
/** Neighbouring frequencies that are drawn as a band. */
const BAND = 2;
/** The lengths of moves of the parameters, as parts of their own length, and how many directions are tried. */
const DISTANCES = [0.003, 0.01, 0.03, 0.1, 0.3] as const;
/** The length at which networks are compared. */
const CHECKED_DISTANCE = 0.1;
const DIRECTIONS = { quick: 10, paper: 100 } as const;

const valuesOf = (field: Field, { coords }: WaveSum): Promise<Float32Array> => sampleField(field, coords, 'value');

/** The amplitude of the error at each frequency; the sines' own is 1. */
const errorsOf = async (field: Field, wave: WaveSum): Promise<readonly number[]> => {
  const values = await valuesOf(field, wave);
  return amplitudesAt(
    values.map((value, i) => value - (wave.values[i] as number)),
    wave.frequencies,
  );
};

const fitPlan = (name: Name, wave: WaveSum, settings: ExperimentSettings): FitPlan => {
  const { steps, seed, learningRate, learningRates = {} } = settings;
  const reportEvery = Math.max(1, Math.floor(steps / MEASUREMENTS));
  const signal = denseArray(wave.values, [wave.values.length, 1]);
  return {
    ...{ name, label: labels[name], spec: specOf(name, settings), extensions: networkExtensions, steps, seed },
    ...{ optimizer: adam({ learningRate: learningRates[name] ?? learningRate }), schedule: cosine(), reportEvery },
    identity: { data: hashNumbers(wave.values) },
    watch: { everySteps: reportEvery, measure: field => errorsOf(field, wave) },
    terms: () => [
      term({
        points: samples(signal, { convention: 'pixel-centred', valueScale: [-1, 1], range: [-1, 1] }),
        loss: mse(),
      }),
    ],
  };
};

/** The measured errors by step: the energy of each band, in decibels of that of its sines. */
const bandsOf = (
  frequencies: readonly number[],
): readonly { readonly name: string; readonly members: readonly number[] }[] =>
  Array.from({ length: Math.ceil(frequencies.length / BAND) }, (_, band) => {
    const members = Array.from({ length: BAND }, (__, i) => BAND * band + i).filter(i => i < frequencies.length);
    return { name: members.map(i => frequencies[i]).join(', '), members };
  });

const bandDecibels = (errors: readonly number[], members: readonly number[]): number =>
  10 * Math.log10(members.reduce((sum, i) => sum + (errors[i] as number) ** 2, 0) / members.length);

interface Course {
  readonly fit: FittedField;
  readonly steps: readonly number[];
  /** By measurement, then by frequency. */
  readonly errors: readonly (readonly number[])[];
}

const courseOf = (fit: FittedField): Course => {
  const measured = fit.curve.flatMap(({ step, watchedList }) => (watchedList ? [{ step, errors: watchedList }] : []));
  return { fit, steps: measured.map(({ step }) => step), errors: measured.map(({ errors }) => errors) };
};

/** The first measured step from which on a frequency stays learned; `undefined` if there is none. */
export const learnedAt = (steps: readonly number[], errors: readonly number[]): number | undefined => {
  let place = steps.length;
  while (place > 0 && (errors[place - 1] as number) < LEARNED) place--;
  return steps[place];
};

const coursePlot = ({ fit, steps, errors }: Course, frequencies: readonly number[]): LinePlot => ({
  name: `bands-${fit.name}`,
  title: `${fit.label}: the error per band`,
  caption:
    ' Energy of the error at pairs of frequencies, in decibels of that of the sines: 0 before anything is learned.',
  x: { label: 'step', logarithmic: true },
  y: { label: 'dB' },
  lines: bandsOf(frequencies).map(({ name, members }) => ({
    name: `k = ${name}`,
    x: steps,
    y: errors.map(all => bandDecibels(all, members)),
  })),
});

/** The size of the pictures of a course: columns, and rows of each frequency. */
const COURSE = { columns: 80, rows: 4 } as const;

/** Columns are steps, logarithmic, rows are frequencies, the lowest at the bottom: bright where the error is small. */
const coursePicture = ({ fit, steps, errors }: Course, frequencies: readonly number[]): Picture => {
  const [first = 1, last = 1] = [steps[0], steps.at(-1)];
  const height = COURSE.rows * frequencies.length;
  const data = Float32Array.from({ length: height * COURSE.columns }, (_, i) => {
    const step = first * (last / first) ** ((i % COURSE.columns) / (COURSE.columns - 1));
    const measured =
      errors[
        Math.max(
          0,
          steps.findLastIndex(each => each <= step * (1 + 1e-9)),
        )
      ] ?? [];
    const frequency = frequencies.length - 1 - Math.floor(i / COURSE.columns / COURSE.rows);
    return Math.max(0, Math.min(1, 1 - (measured[frequency] ?? 1)));
  });
  return {
    name: `course-${fit.name}`,
    title: fit.label,
    image: denseArray(data, [height, COURSE.columns, 1]),
  };
};

const learnedTable = (courses: readonly Course[], frequencies: readonly number[]): Table => ({
  title: 'Steps until a frequency is learned',
  corner: 'k',
  columns: courses.map(({ fit }) => fit.label),
  digits: 0,
  rows: frequencies.map((k, i) => ({
    name: String(k),
    cells: courses.map(
      ({ steps, errors }) =>
        learnedAt(
          steps,
          errors.map(all => all[i] as number),
        ) ?? 'not',
    ),
  })),
  caption: 'The energy of the error at that frequency stays below a tenth of the energy of its sine.',
});

/** The amplitudes that are left at each frequency, by distance: the mean over directions, 1 without noise. */
const keptAmplitudes = async (
  { model: field }: FittedField,
  wave: WaveSum,
  { profile, settings, signal }: ExperimentContext,
): Promise<readonly (readonly number[])[]> => {
  const before = amplitudesAt(await valuesOf(field, wave), wave.frequencies);
  const kept: number[][] = [];
  for (const distance of DISTANCES) {
    const sums = wave.frequencies.map(() => 0);
    const directions = DIRECTIONS[profile];
    for (let direction = 0; direction < directions; direction++) {
      signal.throwIfAborted();
      const rng = createRng(settings.seed).fork('direction', direction);
      const moved = await perturbedField(field, distance, rng);
      const after = amplitudesAt(await valuesOf(moved, wave), wave.frequencies);
      moved.dispose();
      for (const [i, amplitude] of after.entries())
        sums[i] = (sums[i] as number) + amplitude / (before[i] as number) / directions;
    }
    kept.push(sums);
  }
  return kept;
};

const noisePlot = (
  fit: FittedField,
  kept: readonly (readonly number[])[],
  wave: WaveSum,
  errors: readonly number[],
): LinePlot => ({
  name: `noise-${fit.name}`,
  title: `${fit.label}: what noise on the parameters leaves`,
  caption: ' Mean amplitude at pairs of frequencies that the network has learned, as a part of that without noise.',
  x: { label: 'length of the noise, as a part of that of the parameters', logarithmic: true },
  y: { label: 'amplitude' },
  lines: bandsOf(wave.frequencies)
    .filter(({ members }) => members.every(i => (errors[i] as number) < LEARNED))
    .map(({ name, members }) => ({
      name: `k = ${name}`,
      x: DISTANCES,
      y: kept.map(all => members.reduce((sum, i) => sum + (all[i] as number), 0) / members.length),
    })),
});

/** Whether the low band withstands noise better: for networks that have learned the lowest and the highest. */
const noiseChecks = (
  { name, label }: FittedField,
  {
    kept,
    wave,
    last,
  }: {
    readonly kept: readonly (readonly number[])[];
    readonly wave: WaveSum;
    readonly last: readonly number[];
  },
): readonly Check[] => {
  const bands = bandsOf(wave.frequencies);
  const ends = [bands[0], bands.at(-1)].map(band => band?.members ?? []);
  if (!ends.flat().every(i => (last[i] as number) < LEARNED)) return [];
  const place = DISTANCES.indexOf(CHECKED_DISTANCE);
  const [low, high] = ends.map(
    members => members.reduce((sum, i) => sum + (kept[place]?.[i] as number), 0) / members.length,
  ) as [number, number];
  return [
    {
      what: `${label}: amplitude that noise of ${CHECKED_DISTANCE} leaves, lowest band less highest`,
      unit: '',
      obtained: low - high,
      // The rows of a grid are local: each holds a part of every frequency.
      ...(name !== GRID && { atLeast: 0, because: 'the paper: low frequencies are the more robust ones' }),
    },
  ];
};

const evaluate = async (
  fits: Readonly<Record<string, FittedField>>,
  wave: WaveSum,
  context: ExperimentContext,
): Promise<Findings> => {
  const { frequencies } = wave;
  const courses = Object.values(fits).map(courseOf);
  const bands = bandsOf(frequencies);
  const [lowest, highest] = [bands[0], bands.at(-1)];
  const checks: Check[] = [];
  const noise: LinePlot[] = [];
  const noiseRows: { name: string; cells: (number | undefined)[] }[] = [];
  for (const { fit, errors } of courses) {
    const last = errors.at(-1);
    if (last === undefined || lowest === undefined || highest === undefined) continue;
    const gap = bandDecibels(last, highest.members) - bandDecibels(last, lowest.members);
    const isPaper = fit.name === 'relu';
    checks.push({
      what: `${fit.label}: error of the highest band over that of the lowest at the end`,
      unit: 'dB',
      obtained: gap,
      ...(isPaper && {
        atLeast: 10,
        because: 'the paper: a ReLU network learns low frequencies first, by orders of magnitude of steps',
      }),
    });
    const kept = await keptAmplitudes(fit, wave, context);
    const plot = noisePlot(fit, kept, wave, last);
    if (plot.lines.length > 0) noise.push(plot);
    checks.push(...noiseChecks(fit, { kept, wave, last }));
    for (const band of [lowest, highest])
      noiseRows.push({
        name: `${fit.label}, k = ${band.name}`,
        cells: kept.map(all =>
          band.members.every(i => (last[i] as number) < LEARNED)
            ? band.members.reduce((sum, i) => sum + (all[i] as number), 0) / band.members.length
            : undefined,
        ),
      });
  }
  return {
    numbers: Object.fromEntries(
      courses.map(({ fit, errors }) => [
        fit.label,
        Object.fromEntries(
          bands.map(({ name, members }) => [`k = ${name}`, bandDecibels(errors.at(-1) ?? [], members)]),
        ),
      ]),
    ),
    tables: [
      {
        title: 'The error per band at the end, in dB of the energy of the sines',
        corner: 'k',
        columns: courses.map(({ fit }) => fit.label),
        digits: 1,
        rows: bands.map(({ name, members }) => ({
          name,
          cells: courses.map(({ errors }) => bandDecibels(errors.at(-1) ?? [], members)),
        })),
      },
      learnedTable(courses, frequencies),
      {
        title: 'What noise on the parameters leaves of the lowest and the highest band',
        corner: 'noise',
        columns: DISTANCES.map(String),
        rows: noiseRows,
        caption:
          'Mean amplitude as a part of that without noise, for bands that the network has learned; above 1 the noise adds more than it takes.',
      },
    ],
    checks,
    pictures: [
      {
        title: 'The course of the fits',
        text: `From left to right the steps, logarithmic, from the first measurement to the last; from bottom to top the frequencies from ${frequencies[0]} to ${frequencies.at(-1)}. White where a frequency is learned.`,
        pictures: courses.map(course => coursePicture(course, frequencies)),
        pixelated: true,
      },
    ],
    plots: [...courses.map(course => coursePlot(course, frequencies)), ...noise],
    notes: [
      `The signal is a sum of ${frequencies.length} sines of amplitude 1 with random phases, k = ${frequencies.join(', ')} cycles over the ${wave.coords.length} samples.`,
      'The error at a frequency is the amplitude of the difference from the signal there. In decibels: its energy relative to that of the sines, 0 for a network that returns 0.',
      'Noise: the parameters are moved in a random direction, by a part of their own length; the mean over several directions. The paper moves them by absolute lengths, which would compare networks with parameters of different sizes.',
      'Adam with a cosine; the paper has a constant rate. All samples in every step.',
    ],
  };
};

const prepare = async (context: ExperimentContext): Promise<ExperimentPlan> => {
  const { settings, networks } = context;
  const wave = waveSum(settings.size, settings.seed);
  return {
    notes: [`${wave.coords.length} samples, k up to ${wave.frequencies.at(-1)}`],
    fits: networks.filter(isName).map(name => fitPlan(name, wave, settings)),
    evaluate: fits => evaluate(fits, wave, context),
  };
};

/** The experiment. */
export const spectralBias: Experiment = {
  id: 'spectral-bias',
  title: 'Spectral bias',
  source: 'Rahaman et al. 2019, "On the spectral bias of neural networks", arXiv:1806.08734, section 3',
  summary:
    'A sum of sines of equal amplitude is fitted. A ReLU network learns them from the lowest frequency to the highest; encodings, sines and grids learn them in fewer steps and nearly at once.',
  data: 'ten sines of equal amplitude with random phases',
  networks: NAMES,
  takes: [],
  sizes: { least: 16, most: 65_536 },
  profiles: {
    quick: {
      ...{ size: 200, steps: 2000, hiddenFeatures: 128, hiddenLayers: 3, learningRate: 3e-3 },
      learningRates: { 'relu-pe': 1e-3, siren: 3e-4, [GRID]: 1e-2 },
    },
    paper: {
      ...{ size: 200, steps: 80_000, hiddenFeatures: 256, hiddenLayers: 5, learningRate: 3e-4 },
      learningRates: { siren: 1e-4, [GRID]: 1e-2 },
    },
  },
  prepare,
};
