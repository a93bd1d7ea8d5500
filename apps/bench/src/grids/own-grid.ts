/** @file The fit of a hash grid by this project. */
import { adam, createField, fit, term } from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import { networkExtensions, networkPreset } from '@neural-fields/networks';
import { gridCoordinates, type Image, psnr, uniformPixels } from '@neural-fields/signals';
import { tensor2d } from '@tensorflow/tfjs-core';
import type { GridPeer } from './grid-peer.ts';

/** How the grid is fitted. */
export interface GridFit {
  readonly picture: Image;
  /** Pixels of a step. */
  readonly batch: number;
  /** Steps of a turn. */
  readonly turnSteps: number;
  readonly seed: number;
}

const preset = networkPreset('instant-ngp');

/** The fit on the current backend of TensorFlow.js. */
export const ownGrid = (name: string, { picture, batch, turnSteps, seed }: GridFit): GridPeer => {
  const [height, width, channels] = picture.shape as [number, number, number];
  const extensions = networkExtensions;
  const field = createField(preset.spec({ inFeatures: 2, outFeatures: channels }, {}), { seed, extensions });
  const { learningRate, adam: settings } = preset.training;
  const task = term({ points: uniformPixels(picture, { count: batch, range: [0, 1] }), loss: mse() });
  const optimizer = adam({ learningRate, ...settings });
  const steps = fit(field, [task], { steps: 2 ** 30, optimizer, reportEvery: turnSteps, seed });
  const all = tensor2d(gridCoordinates([height, width]), [height * width, 2]);
  return {
    name,
    turn: async () => {
      const [start, cpu] = [performance.now(), process.cpuUsage()];
      await steps.next();
      const { user, system } = process.cpuUsage(cpu);
      const seconds = (performance.now() - start) / 1000;
      const values = field.evaluate(all);
      const found = { data: (await values.data()) as Float32Array, shape: picture.shape };
      values.dispose();
      return { seconds, cpuSeconds: (user + system) / 1e6, psnr: psnr(found, picture) };
    },
    dispose: () => {
      void steps.return(undefined);
      all.dispose();
    },
  };
};
