/** @file Fits of models other than fields: as all fits, they are saved, stopped, resumed and not done twice. */
import '@tensorflow/tfjs-backend-cpu';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InterruptedError } from '@neural-fields/app-kit';
import { adam, siren } from '@neural-fields/core';
import { decodeSafetensors } from '@neural-fields/core/files';
import {
  createPrior,
  type Prior,
  priorTerms,
  setEncoder,
  shiftModulation,
  signalPoints,
} from '@neural-fields/hypernetworks';
import { mse } from '@neural-fields/losses';
import { emptyFolder } from '@neural-fields/testing/programs';
import { memory } from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import type { Experiment, ExperimentPlan, FitPlan } from '../src/frame/experiment.ts';
import { reproduce, toy } from './toy.ts';

const coords = Float32Array.from({ length: 8 }, (_, i) => i / 4 - 1);
const waves = [1, 2, 3].map(phase => ({ coords, targets: { value: coords.map(x => Math.sin(3 * x + phase)) } }));
const spec = siren({ inFeatures: 1, outFeatures: 1, hiddenFeatures: 6, hiddenLayers: 1 });

/** A prior of three waves, which is stopped when it is measured for the `stopAt`th time. */
const priorOfWaves = (stopAt?: number): Experiment => ({
  ...toy({}),
  networks: ['prior'],
  prepare: async (context): Promise<ExperimentPlan<Prior>> => {
    const { settings, signal } = context;
    const { steps, seed } = settings;
    const like = await toy({}).prepare({ ...context, networks: [] });
    let measured = 0;
    const fit: FitPlan<Prior> = {
      name: 'prior',
      label: 'Prior',
      spec,
      model: () =>
        createPrior({
          field: spec,
          generator: shiftModulation(),
          encoder: setEncoder({ hiddenFeatures: 6, hiddenLayers: 0, omega0: 4 }),
          latentFeatures: 3,
          signalsPerStep: 2,
          seed,
        }),
      terms: prior => priorTerms({ points: signalPoints(prior, waves, { context: 4 }), loss: mse() }),
      identity: { waves: '3' },
      steps,
      seed,
      optimizer: adam({ learningRate: 1e-3 }),
      watch: {
        everySteps: 2,
        measure: async prior => {
          if (++measured === stopAt) process.emit('SIGHUP');
          signal.throwIfAborted();
          return Object.values(prior.parameters)[0]?.dataSync()[0] ?? 0;
        },
      },
    };
    return {
      notes: [],
      fits: [fit],
      evaluate: async fits => ({
        ...(await like.evaluate({})),
        numbers: { prior: { steps: fits['prior']?.steps ?? 0, signals: fits['prior']?.model.signalsPerStep ?? 0 } },
      }),
    };
  },
});

const file = (folder: string, name: string): string => join(folder, 'toy', 'fits', name);

const parametersIn = (folder: string): [string, number[]][] =>
  [...decodeSafetensors(readFileSync(file(folder, 'prior.safetensors'))).tensors].map(([name, { data }]) => [
    name,
    [...data].map(Number),
  ]);

test('a prior that is stopped ends with the bits of one that is not, and is not trained again', async () => {
  const [whole, parts] = [emptyFolder(), emptyFolder()];
  const before = memory().numTensors;
  const { events } = await reproduce([priorOfWaves()], { folder: whole });
  expect(events.filter(({ event }) => event === 'progress')).toHaveLength(5);
  await expect(reproduce([priorOfWaves(1)], { folder: parts })).rejects.toThrow(InterruptedError);
  expect(existsSync(file(parts, 'prior.checkpoint'))).toBe(true);
  const { logs } = await reproduce([priorOfWaves()], { folder: parts });
  expect(logs).toContain('resumes from step 2');
  expect(parametersIn(parts)).toEqual(parametersIn(whole));
  expect(existsSync(file(parts, 'prior.checkpoint'))).toBe(false);
  const again = await reproduce([priorOfWaves()], { folder: parts });
  expect(again.events.filter(({ event }) => event === 'progress')).toEqual([]);
  await expect(reproduce([priorOfWaves()], { folder: parts, seed: 1 })).rejects.toThrow(/its seed is 0/);
  expect(memory().numTensors).toBe(before);
});
