/** @file An experiment that takes a moment, and what is needed to run it in this process. */

import type { Output } from '@neural-fields/app-kit';
import { adam, type PointSource, siren, term } from '@neural-fields/core';
import { mse } from '@neural-fields/losses';
import ndarray from 'ndarray';
import type { Experiment, FitPlan } from '../src/frame/experiment.ts';
import { type ReproduceOptions, runReproduce } from '../src/run-reproduce.ts';

/** What a run has said. */
export interface Said {
  readonly results: string[];
  readonly logs: string[];
  readonly warnings: string[];
  readonly events: { readonly event: string; readonly data: Readonly<Record<string, unknown>> }[];
}

const listen = (said: Said): Output => ({
  json: true,
  quiet: true,
  log: line => void said.logs.push(line),
  warn: line => void said.warnings.push(line),
  result: line => void said.results.push(line),
  event: (event, data) => void said.events.push({ event, data }),
});

const options = {
  profile: 'quick',
  backend: 'cpu',
  restart: false,
  checkpointEvery: 60,
  command: 'neural-fields reproduce <toy>',
} as const;

/** Runs experiments in this process. */
export const reproduce = async (
  chosen: readonly Experiment[],
  given: Partial<ReproduceOptions> & Pick<ReproduceOptions, 'folder'>,
): Promise<Said> => {
  const said: Said = { results: [], logs: [], warnings: [], events: [] };
  await runReproduce(chosen, { ...options, ...given }, listen(said));
  return said;
};

const line: PointSource = {
  inFeatures: 1,
  pointsPerStep: 16,
  fixed: true,
  draw: (start, count) => {
    const coords = Float32Array.from({ length: count }, (_, i) => (start + i) / 8 - 1);
    return { coords, targets: { value: coords.map(x => Math.sin(3 * x)) } };
  },
};

/** The toy. `learningRates` of its fits by name; one that is not a number makes the parameters so. */
export const toy = (
  learningRates: Readonly<Record<string, number>>,
  loss: (name: string) => number = () => 1,
): Experiment => ({
  id: 'toy',
  title: 'A <toy>',
  source: 'nobody & nowhere',
  summary: 'It fits a line.',
  data: 'a line',
  networks: Object.keys(learningRates),
  takes: [],
  sizes: { least: 4, most: 1000 },
  profiles: {
    quick: { size: 8, steps: 5, hiddenFeatures: 8, hiddenLayers: 0, learningRate: 1e-3 },
    paper: { size: 8, steps: 50, hiddenFeatures: 8, hiddenLayers: 0, learningRate: 1e-3 },
  },
  prepare: ({ settings: { steps, seed, hiddenFeatures, hiddenLayers }, networks }) =>
    Promise.resolve({
      notes: [],
      fits: networks.map(
        (name): FitPlan => ({
          name,
          label: name.toUpperCase(),
          spec: siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures, hiddenLayers }),
          terms: () => [term({ points: line, loss: mse(), weight: loss(name) })],
          identity: { line: '1' },
          steps,
          seed,
          optimizer: adam({ learningRate: learningRates[name] as number }),
        }),
      ),
      evaluate: fits =>
        Promise.resolve({
          tables: [
            {
              title: 'Steps',
              corner: 'fit',
              columns: ['steps'],
              digits: 0,
              rows: Object.values(fits).map(({ label, steps: done }) => ({ name: label, cells: [done] })),
            },
          ],
          checks: [
            { what: 'fits', unit: '', obtained: Object.keys(fits).length, atLeast: 1 },
            {
              what: 'something that is missed',
              unit: 'dB',
              obtained: 1,
              published: 3,
              atLeast: 2,
              because: 'it must be <seen>',
            },
          ],
          pictures: [
            {
              title: 'One',
              pictures: [{ name: 'grey', title: 'Grey', image: ndarray(new Float32Array(4).fill(0.5), [2, 2, 1]) }],
            },
          ],
          plots: [
            {
              name: 'slope',
              title: 'Slope',
              x: { label: 'x' },
              y: { label: 'y' },
              lines: [{ name: 'a', x: [0, 1], y: [1, 2] }],
            },
          ],
          notes: ['Steps are counted.'],
          files: [{ name: 'words.txt', what: 'words', bytes: new TextEncoder().encode('words') }],
          numbers: Object.fromEntries(
            Object.entries(fits).map(([name, { model }]) => [name, { parameters: model.layout.size }]),
          ),
        }),
    }),
});
