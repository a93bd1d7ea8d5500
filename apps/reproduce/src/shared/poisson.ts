/**
 * @file Poisson's equation as the SIREN authors pose it: a picture is fitted by its gradients or its Laplacians alone.
 *   Sitzmann et al. 2020, arXiv:2006.09661, section 4.1, figure 3 and the supplement's table of PSNRs.
 *
 * The authors' targets are filtered versions of a 256 x 256 picture in [-1, 1]: the Sobel filter times 10, and the
 * Laplace filter times 1e4. With the step h = 2/255 of that grid, they equal 80 h and 1e4 h^2 times the derivatives, so
 * the fitted field is the picture times 0.627 or 0.615. Here that factor is kept at every size, so that a smaller
 * picture poses the same problem.
 */
import { offsetFit } from '@neural-fields/losses';
import { coordinateLaplacian, sobel } from '@neural-fields/signals';
import ndarray from 'ndarray';
import { picturePsnr, rangePsnr } from './decibels.ts';
import { type LoadedPicture, pictureGrid } from './pictures.ts';
import type { SampledJet } from './sample-jet.ts';

/** The step of the authors' grid: 256 pixels on [-1, 1]. */
const AUTHORS_STEP = 2 / 255;

/** The derivatives that supervise a fit. */
export type Supervision = 'gradient' | 'laplacian';

/** The fitted field is the picture times this factor: Sobel's filter gives 8 times the derivative per pixel. */
export const fittedScale: Readonly<Record<Supervision, number>> = {
  gradient: 10 * 8 * AUTHORS_STEP,
  laplacian: 1e4 * AUTHORS_STEP ** 2,
};

/** A picture in [-1, 1] with its derivatives per unit of coordinate. */
export interface PictureDerivatives {
  /** `f32[n]` */
  readonly value: Float32Array;
  /** `f32[n, 2]`, y before x, by Sobel's filter. */
  readonly gradient: Float32Array;
  /** `f32[n]`, by second differences. */
  readonly laplacian: Float32Array;
}

/** The derivatives of a picture, as targets and for comparison. */
export const pictureDerivatives = ({ image, width, height }: LoadedPicture): PictureDerivatives => {
  const value = Float32Array.from(image.data, number => 2 * number - 1);
  const signal = ndarray(value, [height, width, 1]);
  const steps = [2 / (height - 1), 2 / (width - 1)] as const;
  const [alongY, alongX] = [sobel(signal, 0).data, sobel(signal, 1).data];
  const gradient = Float32Array.from({ length: 2 * value.length }, (_, i) => {
    const pixel = i >> 1;
    return ((i % 2 === 0 ? alongY : alongX)[pixel] as number) / (8 * (steps[i % 2] as number));
  });
  return { value, gradient, laplacian: coordinateLaplacian(signal, pictureGrid).data };
};

/** A field's jet, scaled back to the units of the picture. */
export interface Reconstruction extends PictureDerivatives {
  /** The three PSNRs, in decibels. */
  readonly psnr: { readonly value: number; readonly gradient: number; readonly laplacian: number };
}

/**
 * Compares a field fitted to derivatives with the picture. The values are shifted by the constant that fits best.
 */
export const reconstruct = (jet: SampledJet, truth: PictureDerivatives, supervision: Supervision): Reconstruction => {
  const unscaled = (numbers: Float32Array): Float32Array => numbers.map(number => number / fittedScale[supervision]);
  const value = offsetFit(unscaled(jet.value), truth.value).values;
  const [gradient, laplacian] = [unscaled(jet.gradient), unscaled(jet.laplacian)];
  return {
    value,
    gradient,
    laplacian,
    psnr: {
      value: picturePsnr(value, truth.value),
      gradient: rangePsnr(gradient, truth.gradient),
      laplacian: rangePsnr(laplacian, truth.laplacian),
    },
  };
};

/**
 * What reports say about a profile that gives networks their own learning rates. Measured with seed 0 on the bundled
 * photograph at 48 x 48, 300 steps, PSNR of the supervised quantity in dB at 1e-4, 5e-4, 1e-3, 2e-3, 4e-3, 8e-3:
 *
 *     gradient   ReLU P.E.  19.6  24.9  27.2  28.9  30.6  30.1     tanh  21.2  23.3  22.9  22.1  22.7  21.6
 *     Laplacian  ReLU P.E.  23.6  29.8  30.1  28.8  25.3  24.1     tanh  20.4  21.4  21.6  23.0  22.5  20.3
 */
export const ownRates: string =
  'SIREN has the published learning rate. In the few steps of this profile the others would hardly begin with it: each has the rate, of six from 1e-4 to ' +
  '8e-3, that gives it the highest PSNR of what supervises it.';

/** What reports say about the targets and the comparison. */
export const poissonDefinitions: Readonly<Record<Supervision | 'picture', string>> = {
  gradient:
    "Target: the gradient by Sobel's filter, per unit of coordinate, times 80 * 2/255 = 0.627, the authors' Sobel times 10 at 256 pixels. " +
    'Loss: the squared length of the difference.',
  laplacian:
    "Target: the Laplacian by second differences, per unit of coordinate squared, times 1e4 * (2/255)^2 = 0.615, the authors' Laplace times 1e4 " +
    'at 256 pixels. Loss: the squared difference.',
  picture:
    'Derivatives do not see a constant, and a Laplacian sees no harmonic function. Before the picture is compared, the constant that fits it best is ' +
    'taken from the truth; nothing else is: neither a scale nor a slow change of brightness.',
};
