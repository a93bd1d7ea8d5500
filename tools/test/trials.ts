/** Something real and small that an installed package must do. */
export interface Trial {
  /** A script of ES modules that prints one line. It also runs bundled for browsers, where the package has no business with Node. */
  readonly snippet: string;
  /** That line. */
  readonly prints: string;
  /** Packages that a user would install beside it, with their exact versions. */
  readonly also?: readonly string[];
  /** An import that must bundle to little: proof that what is unused is shaken off. */
  readonly small?: { readonly entry: string; readonly maximumBytes: number };
}

const cpu = '@tensorflow/tfjs-backend-cpu@4.22.0';

/** One trial for each public package, by its name. */
export const trials: Readonly<Record<string, Trial>> = {
  '@neural-fields/core': {
    also: [cpu],
    snippet: `
import '@tensorflow/tfjs-backend-cpu';
import { tensor2d } from '@tensorflow/tfjs-core';
import { createField, siren } from '@neural-fields/core';
const field = createField(siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1 }), { seed: 1 });
const { value, laplacian } = field.jet(tensor2d([[0.1, 0.2], [0.3, 0.4]]), { laplacian: true });
const finite = [...(await value.data()), ...(await laplacian.data())].every(Number.isFinite);
console.log(value.shape.join(), laplacian.shape.join(), finite);`,
    prints: '2,1 2,1 true',
    small: { entry: "import { createRng } from '@neural-fields/core'; globalThis.rng = createRng(1);", maximumBytes: 4_000 },
  },
  '@neural-fields/losses': {
    also: [cpu],
    snippet: '',
    prints: '',
  },
  '@neural-fields/signals': {
    also: [cpu],
    snippet: '',
    prints: '',
  },
  'neural-fields': {
    snippet: '',
    prints: '',
  },
};
