import { fileURLToPath } from 'node:url';
import { defineConfig, type UserConfig } from 'tsdown';
import { library } from '../../tsdown.base.ts';

/** The gradients of tfjs-core with everything that they import: see src/gradients.ts. */
const gradientsForNode: UserConfig = {
  entry: { 'gradients.node': 'src/gradients.ts' },
  format: 'esm',
  platform: 'neutral',
  inputOptions: { resolve: { mainFields: ['module', 'main'] } },
  dts: false,
  minify: true,
  fixedExtension: false,
  clean: false,
  deps: { alwaysBundle: [/^@tensorflow\/tfjs-core/], onlyBundle: ['@tensorflow/tfjs-core'] },
};

/**
 * What draws fields without tfjs, in one file. The layers and activations of core know their tfjs ops too, which
 * nothing calls there: `src/render/no-tensors.ts` takes the place of tfjs.
 */
const render: UserConfig = {
  entry: { 'render.standalone': 'src/render.ts' },
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  alias: { '@tensorflow/tfjs-core': fileURLToPath(new URL('src/render/no-tensors.ts', import.meta.url)) },
  dts: false,
  minify: true,
  fixedExtension: false,
  clean: false,
  deps: { alwaysBundle: [/^@tensorflow\/tfjs-core$/] },
};

export default defineConfig([
  library(
    {
      index: 'src/index.ts',
      browser: 'src/browser.ts',
      curvature: 'src/curvature.ts',
      elementwise: 'src/elementwise.ts',
      files: 'src/files.ts',
      kernels: 'src/kernels.ts',
      layers: 'src/layers.ts',
      optimizers: 'src/optimizers.ts',
      spectra: 'src/spectra.ts',
      node: 'src/node.ts',
      pytorch: 'src/pytorch.ts',
      options: 'src/options.ts',
      gradients: 'src/gradients.ts',
      // For its types; the code that is imported is that of `render.standalone`.
      render: 'src/render.ts',
    },
    { tensorsApart: false },
  ),
  gradientsForNode,
  render,
]);
