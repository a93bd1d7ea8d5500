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

export default defineConfig([
  library({
    index: 'src/index.ts',
    browser: 'src/browser.ts',
    curvature: 'src/curvature.ts',
    elementwise: 'src/elementwise.ts',
    files: 'src/files.ts',
    kernels: 'src/kernels.ts',
    layers: 'src/layers.ts',
    spectra: 'src/spectra.ts',
    node: 'src/node.ts',
    pytorch: 'src/pytorch.ts',
    gradients: 'src/gradients.ts',
  }),
  gradientsForNode,
]);
