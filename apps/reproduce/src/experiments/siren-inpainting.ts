/**
 * @file A picture from a tenth of its pixels, with priors on its derivatives: the inpainting experiment in the SIREN
 * paper's supplement.
 */
import { fraction } from '@neural-fields/app-kit';
import { adam, createRng, type Term, term } from '@neural-fields/core';
import { frobeniusHessian, mse, totalVariation } from '@neural-fields/losses';
import { pixels, subset, uniform } from '@neural-fields/signals';
import ndarray from 'ndarray';
import type {
  Experiment,
  ExperimentContext,
  ExperimentPlan,
  ExperimentSettings,
  FittedField,
  OwnOption,
} from '../frame/experiment.ts';
import type { Findings } from '../frame/findings.ts';
import { leadCheck } from '../shared/compare.ts';
import { picturePsnr, picturePsnrDefinition } from '../shared/decibels.ts';
import { networkSpec } from '../shared/networks.ts';
import { hashNumbers, type LoadedPicture, loadPicture, pictureDescription, pictureGrid } from '../shared/pictures.ts';
import { sampleJet } from '../shared/sample-jet.ts';
import { showSignal } from '../shared/show.ts';

/** The fraction of the pixels that is known. */
const knownShare: OwnOption = {
  what: 'part of the pixels that is known',
  argument: '<share>',
  parse: fraction,
  values: { quick: 0.1, paper: 0.1 },
};

/** The weights of the priors, for a picture in [-1, 1] on coordinates in [-1, 1]. */
const weights = { variation: 1e-3, hessian: 1e-5 } as const;

/** A network with or without a prior. */
interface Variant {
  readonly name: string;
  readonly label: string;
  readonly network: 'siren' | 'tanh';
  readonly prior?: 'variation' | 'hessian';
}

const variants: readonly Variant[] = [
  { name: 'siren-tv', label: 'SIREN, total variation', network: 'siren', prior: 'variation' },
  { name: 'siren-fh', label: 'SIREN, norm of the Hessian', network: 'siren', prior: 'hessian' },
  { name: 'siren', label: 'SIREN, no prior', network: 'siren' },
  { name: 'tanh', label: 'tanh, no prior', network: 'tanh' },
];

const priorOf = ({ prior }: Variant, count: number): readonly Term[] => {
  const points = uniform(
    [
      [-1, 1],
      [-1, 1],
    ],
    { count },
  );
  if (prior === 'variation') {
    const loss = totalVariation();
    return [term({ name: 'prior', points, loss, weight: weights.variation })];
  }
  if (prior === 'hessian') {
    const loss = frobeniusHessian();
    return [term({ name: 'prior', points, loss, weight: weights.hessian })];
  }
  return [];
};

/** 1 where a pixel is known: each pixel with the probability in the settings, and the first one always. */
const knownPixels = ({ image }: LoadedPicture, { seed, own }: ExperimentSettings<'knownShare'>): Uint8Array => {
  const rng = createRng(seed).fork('known pixels');
  return Uint8Array.from(image.data, (_, i) => (rng.uniform() < own.knownShare || i === 0 ? 1 : 0));
};

/** The values at the known pixels, or at the unknown ones. */
const select = (values: ArrayLike<number>, known: Uint8Array, wanted: 0 | 1): Float32Array =>
  Float32Array.from(values).filter((_, i) => known[i] === wanted);

const evaluate = async (
  picture: LoadedPicture,
  known: Uint8Array,
  { signal }: ExperimentContext,
  fits: Readonly<Record<string, FittedField>>,
): Promise<Findings> => {
  const { height, width } = picture;
  const truth = Float32Array.from(picture.image.data, value => 2 * value - 1);
  const results: { name: string; label: string; value: Float32Array; unseen: number; seen: number }[] = [];
  for (const { name, label, model: field } of Object.values(fits)) {
    const { value } = await sampleJet(field, { shape: [height, width], grid: pictureGrid, signal });
    const at = (wanted: 0 | 1): number => picturePsnr(select(value, known, wanted), select(truth, known, wanted));
    results.push({ name, label, value, unseen: at(0), seen: at(1) });
  }
  const unseen = (names: readonly string[]): Record<string, number> =>
    Object.fromEntries(
      results.filter(({ name }) => names.includes(name)).map(({ label, unseen: psnr }) => [label, psnr]),
    );
  const [variation, hessian] = variants as readonly [Variant, Variant];
  const lead = { what: 'PSNR of the unknown pixels', unit: 'dB' };
  return {
    numbers: Object.fromEntries(results.map(({ name, unseen: u, seen }) => [name, { unseen: u, seen }])),
    tables: [
      {
        title: 'PSNR (dB)',
        corner: 'network and prior',
        columns: ['unknown pixels', 'known pixels'],
        rows: results.map(({ label, unseen: u, seen }) => ({ name: label, cells: [u, seen] })),
      },
    ],
    checks: [
      ...leadCheck({
        ...lead,
        numbers: unseen([variation.name, 'siren']),
        leader: variation.label,
        because: 'the prior is what fills the gaps; the paper shows pictures only',
      }),
      ...leadCheck({ ...lead, numbers: unseen([hessian.name, 'siren']), leader: hessian.label }),
    ],
    pictures: [
      {
        title: 'What is known',
        pixelated: true,
        pictures: [
          { name: 'picture', title: 'Picture', image: picture.image },
          {
            name: 'known',
            title: 'Known pixels',
            image: showSignal(
              truth.map((value, i) => (known[i] === 1 ? value : -1)),
              picture,
            ),
            caption: ' The others are black here.',
          },
        ],
      },
      {
        title: 'What the networks make of it',
        pixelated: true,
        pictures: results.map(({ name, label, value, unseen: psnr }) => ({
          name,
          title: label,
          image: showSignal(value, picture),
          caption: ` ${psnr.toFixed(2)} dB at the unknown pixels.`,
        })),
      },
    ],
    plots: [],
    notes: [
      picturePsnrDefinition,
      'Loss: the mean squared error at the known pixels, plus the mean of a prior at half as many random points as the picture has pixels: ' +
        `${weights.variation} times the mean absolute derivative, or ${weights.hessian} times the Frobenius norm of the Hessian. The authors take the mean ` +
        'over all pixels, so their data term is a tenth of this one; their weights are not published, these are our own.',
    ],
  };
};

const prepare = async (context: ExperimentContext<'knownShare'>): Promise<ExperimentPlan> => {
  const { hiddenFeatures, hiddenLayers, steps, seed, learningRate } = context.settings;
  const picture = await loadPicture(context.imageFile, context.settings);
  const known = knownPixels(picture, context.settings);
  const mask = ndarray(known, [picture.height, picture.width]);
  const points = subset(pixels(picture.image, pictureGrid), { mask });
  const size = {
    inFeatures: 2,
    outFeatures: 1,
    hiddenFeatures,
    hiddenLayers,
    samples: Math.min(picture.width, picture.height),
  };
  return {
    notes: [picture.note, `${points.size} of ${known.length} pixels are known`],
    fits: variants
      .filter(({ name }) => context.networks.includes(name))
      .map(variant => ({
        name: variant.name,
        label: variant.label,
        spec: networkSpec(variant.network, size),
        terms: () => [term({ name: 'data', points, loss: mse() }), ...priorOf(variant, Math.ceil(known.length / 2))],
        identity: {
          picture: hashNumbers(picture.image.data, [picture.width]),
          known: hashNumbers(known),
          prior: JSON.stringify(variant.prior ? weights[variant.prior] : 0),
        },
        steps,
        seed,
        optimizer: adam({ learningRate }),
        signal: pictureDescription(picture),
      })),
    evaluate: fits => evaluate(picture, known, context, fits),
  };
};

/** The experiment. */
export const sirenInpainting: Experiment<'knownShare'> = {
  id: 'siren-inpainting',
  title: 'A picture from a tenth of its pixels',
  source: 'Sitzmann et al. 2020, arXiv:2006.09661, supplement on inpainting',
  summary:
    'A SIREN is shown a tenth of the pixels. Priors on its gradient or its Hessian, at random places, fill the gaps that it otherwise leaves rough.',
  data: "a tenth of the pixels of a photograph of 1865-1870 (the authors: scikit-image's camera)",
  networks: variants.map(({ name }) => name),
  takes: ['image'],
  sizes: { least: 2, most: 8192 },
  profiles: {
    quick: { size: 48, steps: 300, hiddenFeatures: 256, hiddenLayers: 3, learningRate: 1e-4 },
    paper: { size: 480, steps: 10_000, hiddenFeatures: 256, hiddenLayers: 3, learningRate: 1e-4 },
  },
  options: { knownShare },
  prepare,
};
