/**
 * @file How signals propagate through an untrained SIREN: section 3.2 of the SIREN paper, and the figures of its
 * supplement on initialisation.
 */

import { assertMemory } from '@neural-fields/app-kit';
import { networkMemory } from '@neural-fields/app-kit/fitting';
import { sampleAll } from '@neural-fields/app-kit/render';
import { createField, createRng, type FieldSpec, mlp, sine, siren } from '@neural-fields/core';
import {
  amplitudeSpectrum,
  type Distribution,
  type LayerStatistics,
  layerStatistics,
} from '@neural-fields/core/spectra';
import { tensor2d } from '@tensorflow/tfjs-core';
import type { Experiment, ExperimentContext, ExperimentPlan } from '../frame/experiment.ts';
import type { Check, Findings, PlotLine } from '../frame/findings.ts';

const OMEGA = 30;

/** An initialisation of a sine network. */
interface Scheme {
  readonly name: string;
  readonly label: string;
  spec(size: { readonly hiddenFeatures: number; readonly hiddenLayers: number }): FieldSpec;
}

const schemes: readonly Scheme[] = [
  { name: 'siren', label: "SIREN's", spec: size => siren({ inFeatures: 1, outFeatures: 1, ...size, omega0: OMEGA }) },
  {
    name: 'pytorch',
    label: "PyTorch's",
    spec: size => mlp({ inFeatures: 1, outFeatures: 1, ...size, activation: sine({ omega: OMEGA }) }),
  },
];

/**
 * The variance of pre-activations times omega to which the initialisation converges from layer to layer. When these are
 * normal with variance v, their sines have the mean square (1 - exp(-2 v)) / 2. From n such inputs, weights of variance
 * (6 / n) / (3 omega^2) give omega^2 n times the product of the two, and biases uniform in [-1 / sqrt n, 1 / sqrt n]
 * add omega^2 / (3 n). The paper, which leaves out the biases, has 1.
 */
export const expectedVariance = (hiddenFeatures: number): number => {
  const biases = OMEGA ** 2 / (3 * hiddenFeatures);
  let variance = 1;
  for (let i = 0; i < 100; i++) variance = biases + 1 - Math.exp(-2 * variance);
  return variance;
};

/** The error function: Abramowitz and Stegun, equation 7.1.26, accurate to 1.5e-7. */
const erf = (x: number): number => {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const tail =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x);
  return x >= 0 ? 1 - tail : tail - 1;
};

/**
 * The maximum distance between the empirical distribution function and that of the normal distribution with the same
 * mean and standard deviation.
 */
export const distanceFromNormal = ({
  values,
  mean,
  standardDeviation,
}: Pick<Distribution, 'values' | 'mean' | 'standardDeviation'>): number => {
  const sorted = values.slice().sort();
  return sorted.reduce((most, value, i) => {
    const normal = 0.5 * (1 + erf((value - mean) / (standardDeviation * Math.SQRT2)));
    return Math.max(most, Math.abs(normal - i / sorted.length), Math.abs(normal - (i + 1) / sorted.length));
  }, 0);
};

/** The fraction of the values in each bin, per unit of the axis. */
const density = (
  { histogram: { edges, counts }, values }: Distribution,
  scale = 1,
): { readonly x: number[]; readonly y: number[] } => {
  const width = ((edges[1] as number) - (edges[0] as number)) * scale || 1;
  return {
    x: counts.map((_, i) => (((edges[i] as number) + (edges[i + 1] as number)) / 2) * scale),
    y: counts.map(count => count / values.length / width),
  };
};

interface Examined {
  readonly scheme: Scheme;
  readonly layers: readonly LayerStatistics[];
  readonly spectrum: { readonly x: number[]; readonly y: number[] };
}

/** The number of points at which the layers are examined, uniform in [-1, 1]. */
const POINTS = 2048;
const MAX_VALUES = 2 ** 22;

const examine = async (scheme: Scheme, { settings, signal }: ExperimentContext): Promise<Examined> => {
  const { hiddenFeatures, hiddenLayers, size, seed } = settings;
  const spec = scheme.spec({ hiddenFeatures, hiddenLayers });
  assertMemory(networkMemory(spec, { hiddenFeatures, checkpoint: false }));
  const field = createField(spec, { seed });
  const rng = createRng(seed).fork('points');
  const count = Math.max(64, Math.min(POINTS, Math.floor(MAX_VALUES / hiddenFeatures)));
  const coords = tensor2d(
    Float32Array.from({ length: count }, () => 2 * rng.uniform() - 1),
    [count, 1],
  );
  try {
    const layers = await layerStatistics(field, coords, { bins: 60 });
    const spacing = 2 / size;
    const points = {
      count: size,
      coords: (start: number, length: number) => Float32Array.from({ length }, (_, i) => -1 + spacing * (start + i)),
    };
    const values = await sampleAll(field, points, { quantity: 'value', signal });
    const mean = values.reduce((sum, value) => sum + value, 0) / size;
    const { amplitudes } = amplitudeSpectrum({ data: values.map(value => value - mean), shape: [size] }, { spacing });
    const half = Math.floor(size / 2);
    const bins = Array.from({ length: half - 1 }, (_, i) => half + 1 + i);
    return {
      scheme,
      layers,
      spectrum: { x: bins.map((_, i) => (i + 1) / 2), y: bins.map(bin => amplitudes[bin] as number) },
    };
  } finally {
    coords.dispose();
    field.dispose();
  }
};

/** The hidden layers after the first, for whose distributions the initialisation is designed. */
const hidden = ({ layers }: Examined): readonly LayerStatistics[] => layers.slice(1, -1);

const deviationOf = ({ preActivation }: LayerStatistics): number =>
  OMEGA * (preActivation?.standardDeviation ?? Number.NaN);

const checksOf = (siren: Examined, other: Examined | undefined, hiddenFeatures: number): readonly Check[] => {
  const expected = Math.sqrt(expectedVariance(hiddenFeatures));
  const deviations = hidden(siren).map(deviationOf);
  const [first, last] = [hidden(siren)[0], hidden(siren).at(-1)];
  if (first === undefined || last === undefined) return [];
  const ratio = (layers: readonly LayerStatistics[]): number => {
    const [front, back] = [layers[0], layers.at(-1)] as [LayerStatistics, LayerStatistics];
    return front.activationGradient.standardDeviation / back.activationGradient.standardDeviation;
  };
  return [
    {
      what: 'Deviation of the last hidden pre-activation',
      unit: '',
      obtained: deviations.at(-1) as number,
      published: 1,
      measured: expected,
      atLeast: 0.85 * expected,
      atMost: 1.15 * expected,
      because: `the fixed point with the biases of the authors' code at width ${hiddenFeatures}; the paper leaves the biases out, and has 1`,
    },
    {
      what: 'Deviation of pre-activations: last layer over the second',
      unit: '',
      obtained: (deviations.at(-1) as number) / (deviations[0] as number),
      published: 1,
      atLeast: 0.8,
      atMost: 1.25,
      because: 'the same at any depth',
    },
    {
      what: 'Distance of the last pre-activation from a normal distribution',
      unit: '',
      obtained: distanceFromNormal((last.preActivation ?? last.activation) as Distribution),
      atMost: 0.05,
      because: 'the largest difference of the distribution functions; the paper says normal',
    },
    {
      what: 'Deviation of the last activation',
      unit: '',
      obtained: last.activation.standardDeviation,
      published: Math.SQRT1_2,
      atLeast: 0.6,
      atMost: 0.75,
      because: 'an arcsine distribution on [-1, 1] has 0.71, the sine of a standard normal one 0.66',
    },
    {
      what: 'Gradient at the first hidden layer over that at the last',
      unit: '',
      obtained: ratio(hidden(siren)),
      atLeast: 0.2,
      atMost: 5,
      because: 'gradients neither vanish nor explode with the depth',
    },
    ...(other === undefined
      ? []
      : [
          {
            what: "The same with PyTorch's initialisation",
            unit: '',
            obtained: ratio(hidden(other)),
            because: 'for comparison: sines with omega 30 and weights that are not divided by it',
          },
        ]),
  ];
};

const evaluate = async (context: ExperimentContext): Promise<Findings> => {
  const examined: Examined[] = [];
  for (const scheme of schemes)
    if (context.networks.includes(scheme.name)) examined.push(await examine(scheme, context));
  const siren = examined.find(({ scheme }) => scheme.name === 'siren');
  const other = examined.find(({ scheme }) => scheme.name === 'pytorch');
  const lines = (of: (layer: LayerStatistics) => { x: number[]; y: number[] }): PlotLine[] =>
    siren === undefined ? [] : hidden(siren).map((layer, i) => ({ name: `layer ${i + 2}`, ...of(layer) }));
  return {
    numbers: Object.fromEntries(
      examined.map(one => [
        one.scheme.name,
        Object.fromEntries(hidden(one).map((layer, i) => [`layer ${i + 2}`, deviationOf(layer)])),
      ]),
    ),
    tables: examined.map(one => ({
      title: `Standard deviations with ${one.scheme.label} initialisation`,
      corner: 'layer',
      columns: ['omega times pre-activation', 'activation', 'gradient of the output'],
      digits: 'exponent' as const,
      rows: one.layers.slice(0, -1).map((layer, i) => ({
        name: String(i + 1),
        cells: [deviationOf(layer), layer.activation.standardDeviation, layer.activationGradient.standardDeviation],
      })),
    })),
    checks: siren === undefined ? [] : checksOf(siren, other, context.settings.hiddenFeatures),
    pictures: [],
    plots: [
      {
        name: 'pre-activations',
        title: 'Pre-activations times omega',
        caption: " SIREN's initialisation, all hidden layers after the first.",
        x: { label: 'value' },
        y: { label: 'density' },
        lines: lines(layer => density(layer.preActivation as Distribution, OMEGA)),
      },
      {
        name: 'activations',
        title: 'Activations',
        caption: ' Near an arcsine distribution.',
        x: { label: 'value' },
        y: { label: 'density' },
        lines: lines(layer => density(layer.activation)),
      },
      {
        name: 'gradients',
        title: 'Gradients of the output by the activations',
        x: { label: 'value' },
        y: { label: 'density' },
        lines: lines(layer => density(layer.activationGradient)),
      },
      {
        name: 'spectra',
        title: 'Amplitude spectrum of the untrained field',
        caption: ' In cycles per unit of the coordinate.',
        x: { label: 'frequency' },
        y: { label: 'amplitude', logarithmic: true },
        lines: examined.map(({ scheme, spectrum }) => ({ name: `${scheme.label} initialisation`, ...spectrum })),
      },
    ],
    notes: [
      "One coordinate, uniform in [-1, 1]; one field; deviations over all points and neurons of a layer. Biases as in the authors' code.",
    ],
  };
};

/** The experiment. It fits nothing. */
export const sirenInitialisation: Experiment = {
  id: 'siren-initialisation',
  title: 'Initialisation',
  source: 'Sitzmann et al. 2020, arXiv:2006.09661, section 3.2 and figure 2 of the supplement',
  summary:
    'Before any training, what passes through a SIREN has the same distribution at any depth, and so have the gradients: the initialisation is made for it.',
  data: 'uniform coordinates in [-1, 1]',
  networks: schemes.map(({ name }) => name),
  takes: [],
  sizes: { least: 2, most: 65_536 },
  profiles: {
    quick: { size: 2048, steps: 1, hiddenFeatures: 512, hiddenLayers: 5, learningRate: 1e-4 },
    paper: { size: 2048, steps: 1, hiddenFeatures: 2048, hiddenLayers: 5, learningRate: 1e-4 },
  },
  prepare: (context): Promise<ExperimentPlan> =>
    Promise.resolve({ notes: [], fits: [], evaluate: () => evaluate(context) }),
};
