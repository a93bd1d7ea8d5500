/** @file A picture between its pixels and beyond its edges: what a SIREN predicts where it was not trained. */

import { sampleAll } from '@neural-fields/app-kit/render';
import { adam, term } from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import {
  type GridOptions,
  gridCoordinatesRange,
  type Image,
  pixels,
  resizeImage,
  type Span,
} from '@neural-fields/signals';
import ndarray from 'ndarray';
import type { Experiment, ExperimentContext, ExperimentPlan, FittedField } from '../frame/experiment.ts';
import type { Findings } from '../frame/findings.ts';
import { picturePsnr, picturePsnrDefinition } from '../shared/decibels.ts';
import { networkExtensions, networkLabels, networkNames, networkSpec } from '../shared/networks.ts';
import { hashNumbers, loadPicture, pictureDescription } from '../shared/pictures.ts';
import { showSignal } from '../shared/show.ts';

/** The maximum factor by which the picture is drawn at a higher resolution than it is fitted. */
const MAX_FINE = 4;

/** Pixels are areas here, so that a coarse and a fine grid cover the same picture. */
const gridOver = (span: Span): GridOptions => ({ convention: 'pixel-centred', spans: [span, span] });

/** The picture at two extents: its middle half, which is fitted, and all of it, for comparison. */
interface Scene {
  /** Pixels along a side of the fitted part. */
  readonly size: number;
  readonly fine: number;
  /** `f32[size, size]` in [-1, 1]. */
  readonly coarse: Float32Array;
  /** The same part at `fine` times the resolution: the truth between the pixels. */
  readonly between: Float32Array;
  /** The whole picture, `f32[2 size, 2 size]`: the truth beyond the edges. */
  readonly whole: Float32Array;
}

const signalOf = (image: Image): Float32Array => Float32Array.from(image.data, value => 2 * value - 1);

/** The middle half of a square, along both sides. */
const middle = (values: Float32Array, side: number): Float32Array => {
  const [half, start] = [side / 2, side / 4];
  return Float32Array.from(
    { length: half * half },
    (_, i) => values[(start + Math.floor(i / half)) * side + start + (i % half)] as number,
  );
};

/** The largest square in the upper left corner of the picture. */
const square = (image: Image): Image => {
  const [height, width] = image.shape as [number, number, number];
  const side = Math.min(width, height);
  const data = Float32Array.from(
    { length: side * side },
    (_, i) => image.data[Math.floor(i / side) * width + (i % side)] as number,
  );
  return ndarray(data, [side, side, 1]);
};

const makeScene = (original: Image, wanted: number): Scene => {
  const whole = square(original);
  const side = whole.shape[0] as number;
  // Even, because the middle half begins at a quarter of the whole side.
  const size = 2 * Math.max(1, Math.round(Math.min(wanted, side / 2) / 2));
  const fine = Math.max(1, Math.min(MAX_FINE, Math.floor(side / (2 * size))));
  const at = (pixelsOfSide: number): Float32Array =>
    signalOf(resizeImage(whole, { width: pixelsOfSide, height: pixelsOfSide, kernel: 'area' }));
  return {
    size,
    fine,
    coarse: middle(at(2 * size), 2 * size),
    between: middle(at(2 * size * fine), 2 * size * fine),
    whole: at(2 * size),
  };
};

/** The values outside the middle half. */
const outside = (values: Float32Array, side: number): Float32Array =>
  values.filter((_, i) => {
    const inner = (place: number): boolean => place >= side / 4 && place < (3 * side) / 4;
    return !(inner(Math.floor(i / side)) && inner(i % side));
  });

const sides = (side: number): { width: number; height: number } => ({ width: side, height: side });

const evaluate = async (
  scene: Scene,
  { signal }: ExperimentContext,
  fits: Readonly<Record<string, FittedField>>,
): Promise<Findings> => {
  const { size, fine, coarse, between, whole } = scene;
  const bicubic = resizeImage(ndarray(coarse, [size, size, 1]), { ...sides(size * fine), kernel: 'bicubic' })
    .data as Float32Array;
  const results: {
    name: string;
    label: string;
    numbers: Record<'pixels' | 'between' | 'beyond', number>;
    drawn: [Float32Array, Float32Array];
  }[] = [];
  for (const name of networkNames(Object.keys(fits))) {
    const { model: field, label } = fits[name] as FittedField;
    const draw = (side: number, span: Span): Promise<Float32Array> =>
      sampleAll(
        field,
        {
          count: side * side,
          coords: (start, count) => gridCoordinatesRange([side, side], { start, count }, gridOver(span)),
        },
        { quantity: 'value', signal },
      );
    const inner = await draw(size * fine, [-1, 1]);
    const outer = await draw(2 * size, [-2, 2]);
    results.push({
      name,
      label,
      drawn: [inner, outer],
      numbers: {
        pixels: picturePsnr(await draw(size, [-1, 1]), coarse),
        between: picturePsnr(inner, between),
        beyond: picturePsnr(outside(outer, 2 * size), outside(whole, 2 * size)),
      },
    });
  }
  const ofBicubic = picturePsnr(bicubic, between);
  const siren = results.find(({ name }) => name === 'siren')?.numbers;
  return {
    numbers: {
      ...Object.fromEntries(results.map(({ name, numbers }) => [name, numbers])),
      bicubic: { between: ofBicubic },
    },
    tables: [
      {
        title: 'PSNR (dB)',
        corner: '',
        columns: ['at the fitted pixels', `between them (x${fine})`, 'beyond the edges'],
        rows: [
          ...results.map(({ label, numbers }) => ({
            name: label,
            cells: [numbers.pixels, numbers.between, numbers.beyond],
          })),
          { name: 'bicubic interpolation', cells: [undefined, ofBicubic, undefined] },
        ],
      },
    ],
    checks:
      siren === undefined
        ? []
        : [
            {
              what: 'SIREN, PSNR between the pixels less that beyond the edges',
              unit: 'dB',
              obtained: siren.between - siren.beyond,
              atLeast: 5,
              because: 'a SIREN interpolates, and does not extrapolate',
            },
            {
              what: `SIREN ahead of bicubic interpolation at x${fine}`,
              unit: 'dB',
              obtained: siren.between - ofBicubic,
              because: 'not judged: a plain SIREN has no prior of its own between the pixels, and none is claimed',
            },
          ],
    pictures: [
      {
        title: `Between the pixels, ${fine} times as finely`,
        pixelated: true,
        pictures: [
          { name: 'fitted', title: 'What is fitted', image: showSignal(coarse, sides(size)) },
          { name: 'between', title: 'The truth', image: showSignal(between, sides(size * fine)) },
          {
            name: 'bicubic',
            title: 'Bicubic',
            image: showSignal(bicubic, sides(size * fine)),
            caption: ` ${ofBicubic.toFixed(2)} dB.`,
          },
          ...results.map(({ name, label, drawn, numbers }) => ({
            name: `${name}-between`,
            title: label,
            image: showSignal(drawn[0], sides(size * fine)),
            caption: ` ${numbers.between.toFixed(2)} dB.`,
          })),
        ],
      },
      {
        title: 'Beyond the edges, from -2 to 2',
        text: 'The middle half of each side was fitted.',
        pixelated: true,
        pictures: [
          { name: 'whole', title: 'The truth', image: showSignal(whole, sides(2 * size)) },
          ...results.map(({ name, label, drawn, numbers }) => ({
            name: `${name}-beyond`,
            title: label,
            image: showSignal(drawn[1], sides(2 * size)),
            caption: ` ${numbers.beyond.toFixed(2)} dB beyond the edges.`,
          })),
        ],
      },
    ],
    plots: [],
    notes: [
      picturePsnrDefinition,
      'Fitted are the pixels of the middle half of both sides, averaged to the size of the experiment. The truth between them is the same part with ' +
        `${fine} times the pixels a side, the truth beyond them the rest of the picture.`,
    ],
  };
};

const prepare = async (context: ExperimentContext): Promise<ExperimentPlan> => {
  const { size: wanted, hiddenFeatures, hiddenLayers, steps, seed, learningRate } = context.settings;
  const { original, note } = await loadPicture(context.imageFile, { ...context.settings, size: 2, sides: undefined });
  const scene = makeScene(original, wanted);
  const { size, coarse } = scene;
  const points = pixels(ndarray(coarse, [size, size, 1]), { ...gridOver([-1, 1]), valueScale: [-1, 1] });
  return {
    notes: [`${note.split(',')[0]}: the middle half of both sides at ${size} x ${size} pixels`],
    fits: networkNames(context.networks).map(name => ({
      name,
      label: networkLabels[name],
      spec: networkSpec(name, { inFeatures: 2, outFeatures: 1, hiddenFeatures, hiddenLayers, samples: size }),
      extensions: networkExtensions,
      terms: () => [term({ points, loss: mse() })],
      identity: { picture: hashNumbers(coarse) },
      steps,
      seed,
      optimizer: adam({ learningRate }),
      signal: { ...pictureDescription(sides(size)), convention: 'pixel-centred' },
    })),
    evaluate: fits => evaluate(scene, context, fits),
  };
};

/** The experiment. */
export const sirenSuperresolution: Experiment = {
  id: 'siren-superresolution',
  title: 'Between the pixels and beyond the edges',
  source:
    'Sitzmann et al. 2020, arXiv:2006.09661, as T. Toshkov has examined it: interpolation on [-0.5, 0.5], extrapolation on [-2, 2]',
  summary:
    'A fitted SIREN is drawn more finely than its pixels, and beyond them. It interpolates, and it does not extrapolate.',
  data: 'the middle half of a photograph of 1865-1870, all pixels in every step',
  networks: ['siren', 'tanh', 'relu-pe'],
  takes: ['image'],
  sizes: { least: 2, most: 8192 },
  profiles: {
    quick: { size: 48, steps: 200, hiddenFeatures: 256, hiddenLayers: 3, learningRate: 1e-4 },
    paper: { size: 240, steps: 10_000, hiddenFeatures: 256, hiddenLayers: 3, learningRate: 1e-4 },
  },
  prepare,
};
