/** @file Two pictures merged through their gradients: figure 3 (right) of the SIREN paper. */
import { adam, term } from '@neural-fields/core';
import { compositeGradients, poissonGradient } from '@neural-fields/losses';
import { pixels } from '@neural-fields/signals';
import ndarray from 'ndarray';
import type { Experiment, ExperimentContext, ExperimentPlan, FittedField } from '../frame/experiment.ts';
import type { Findings } from '../frame/findings.ts';
import { picturePsnrDefinition, rangePsnrDefinition } from '../shared/decibels.ts';
import { loadFlower } from '../shared/flower.ts';
import { networkLabels, networkNames, networkSpec } from '../shared/networks.ts';
import { hashNumbers, type LoadedPicture, loadPicture, pictureDescription, pictureGrid } from '../shared/pictures.ts';
import {
  fittedScale,
  type PictureDerivatives,
  pictureDerivatives,
  poissonDefinitions,
  reconstruct,
} from '../shared/poisson.ts';
import { sampleJet } from '../shared/sample-jet.ts';
import { showGradient, showSignal } from '../shared/show.ts';

/** The authors' weight of the first picture. */
const WEIGHT = 0.5;

interface Composite {
  readonly first: LoadedPicture;
  readonly second: LoadedPicture;
  /** The weighted sum of the gradients, and the weighted sum of the pictures, which has those gradients. */
  readonly truth: PictureDerivatives;
}

const composite = async ({ imageFile, settings }: ExperimentContext): Promise<Composite> => {
  const first = await loadPicture(imageFile, settings);
  const second = await loadFlower({ ...settings, sides: { width: first.width, height: first.height } });
  const [a, b] = [pictureDerivatives(first), pictureDerivatives(second)];
  const mix = (quantity: keyof PictureDerivatives): Float32Array =>
    compositeGradients([a[quantity], b[quantity]], [WEIGHT, 1 - WEIGHT]);
  return { first, second, truth: { value: mix('value'), gradient: mix('gradient'), laplacian: mix('laplacian') } };
};

const evaluate = async (
  { first, second, truth }: Composite,
  { signal }: ExperimentContext,
  fits: Readonly<Record<string, FittedField>>,
): Promise<Findings> => {
  const { height, width } = first;
  const results = await Promise.all(
    networkNames(Object.keys(fits)).map(async name => {
      const { model: field, label } = fits[name] as FittedField;
      const jet = await sampleJet(field, { shape: [height, width], grid: pictureGrid, signal });
      return { name, label, ...reconstruct(jet, truth, 'gradient') };
    }),
  );
  const siren = results.find(({ name }) => name === 'siren')?.psnr;
  return {
    numbers: Object.fromEntries(results.map(({ name, psnr }) => [name, psnr])),
    tables: [
      {
        title: 'PSNR of the composite (dB)',
        corner: 'network',
        columns: ['picture', 'gradient'],
        rows: results.map(({ label, psnr }) => ({ name: label, cells: [psnr.value, psnr.gradient] })),
        caption: 'The picture is compared with half the sum of both: the one picture that has the weighted gradients.',
      },
    ],
    checks:
      siren === undefined
        ? []
        : [
            {
              what: 'SIREN, PSNR of the composite',
              unit: 'dB',
              obtained: siren.value,
              atLeast: 24,
              because: 'the paper shows pictures only; from 24 dB on, both are seen without artefacts',
            },
            {
              what: 'SIREN, PSNR of the gradient',
              unit: 'dB',
              obtained: siren.gradient,
              atLeast: 40,
              because: 'as well as a single picture',
            },
          ],
    pictures: [
      {
        title: 'Two pictures and their weighted gradients',
        pixelated: true,
        pictures: [
          { name: 'first', title: 'First picture', image: first.image },
          { name: 'second', title: 'Second picture', image: second.image },
          {
            name: 'gradient',
            title: 'Weighted gradients',
            image: showGradient(truth.gradient, first),
            caption: ' What is fitted.',
          },
        ],
      },
      ...results.map(({ name, label, value, gradient, psnr }) => ({
        title: label,
        pixelated: true,
        pictures: [
          { name, title: 'Composite', image: showSignal(value, first), caption: ` ${psnr.value.toFixed(2)} dB.` },
          {
            name: `${name}-gradient`,
            title: 'Its gradient',
            image: showGradient(gradient, first, truth.gradient),
            caption: ` ${psnr.gradient.toFixed(2)} dB.`,
          },
        ],
      })),
    ],
    plots: [],
    notes: [
      poissonDefinitions.gradient,
      `The gradients are weighted by ${WEIGHT} and ${1 - WEIGHT}, as in the authors' code.`,
      poissonDefinitions.picture,
      picturePsnrDefinition,
      rangePsnrDefinition,
    ],
  };
};

const prepare = async (context: ExperimentContext): Promise<ExperimentPlan> => {
  const { hiddenFeatures, hiddenLayers, steps, seed, learningRate } = context.settings;
  const pair = await composite(context);
  const { first, second, truth } = pair;
  const target = truth.gradient.map(number => number * fittedScale.gradient);
  const loss = poissonGradient();
  const points = pixels(first.image, {
    ...pictureGrid,
    targets: { gradient: ndarray(target, [first.height, first.width, 2]) },
  });
  return {
    notes: [first.note, second.note],
    fits: networkNames(context.networks).map(name => ({
      name,
      label: networkLabels[name],
      spec: networkSpec(name, { inFeatures: 2, outFeatures: 1, hiddenFeatures, hiddenLayers, samples: first.width }),
      terms: () => [term({ points, loss })],
      identity: { gradient: hashNumbers(target, [first.width]) },
      steps,
      seed,
      optimizer: adam({ learningRate }),
      signal: pictureDescription(first),
    })),
    evaluate: fits => evaluate(pair, context, fits),
  };
};

/** The experiment. */
export const sirenPoissonCompositing: Experiment = {
  id: 'siren-poisson-compositing',
  title: 'Two pictures made into one',
  source: 'Sitzmann et al. 2020, arXiv:2006.09661, section 4.1, figure 3 (right)',
  summary: 'A SIREN is shown the mean of the gradients of two pictures, and recovers a picture in which both are seen.',
  data: 'the gradients of a landscape (1865-1870) and of a flower (1928), all pixels in every step',
  networks: ['siren'],
  takes: ['image'],
  sizes: { least: 2, most: 8192 },
  profiles: {
    quick: { size: 48, steps: 200, hiddenFeatures: 256, hiddenLayers: 3, learningRate: 1e-4 },
    paper: { size: 480, steps: 10_000, hiddenFeatures: 256, hiddenLayers: 3, learningRate: 1e-4 },
  },
  prepare,
};
