/** @file This project as a peer: what a user would write, on one of the backends of tfjs. */
import {
  type AdamOptions,
  adam,
  createField,
  type Field,
  fit,
  type Optimizer,
  type PointSource,
  siren,
  type Term,
  term,
} from '@neural-fields/core';
import { mse, poissonGradient, poissonLaplacian } from '@neural-fields/losses';
import { keep, type Tensor1D } from '@tensorflow/tfjs-core';
import type { Problem } from '../protocol.ts';
import { type BackendName, describeBackend, loadBackend } from './backends.ts';
import type { CheckedSteps, Peer } from './peer.ts';
import { readProblem, splitParameters, targetWidth } from './problem-data.ts';

/** More steps than anybody waits for. */
const ENDLESS = 1_000_000_000;

interface Fit {
  readonly field: Field;
  readonly task: readonly Term[];
}

const createTask = (problem: Problem): Fit => {
  const { supervision, width, omega, points: count } = problem;
  const { parameters, coords, targets } = readProblem(problem);
  const spec = siren({
    inFeatures: 2,
    outFeatures: 1,
    hiddenFeatures: width,
    hiddenLayers: 3,
    omega0: omega,
    omegaHidden: omega,
  });
  const layers = splitParameters(parameters, width).flatMap(({ weight, bias }, i) => [
    [`layers.${i}.weight`, weight] as const,
    [`layers.${i}.bias`, bias] as const,
  ]);
  const field = createField(spec, { parameters: Object.fromEntries(layers) });
  const columns = targetWidth(problem);
  const points: PointSource = {
    inFeatures: 2,
    pointsPerStep: count,
    fixed: true,
    draw: (start, size) => ({
      coords: coords.subarray(2 * start, 2 * (start + size)),
      targets: { [supervision]: targets.subarray(columns * start, columns * (start + size)) },
    }),
  };
  const task = {
    value: () => term({ points, loss: mse() }),
    gradient: () => term({ points, derivatives: { gradient: true }, loss: poissonGradient() }),
    laplacian: () => term({ points, derivatives: { laplacian: true }, loss: poissonLaplacian() }),
  }[supervision]();
  return { field, task: [task] };
};

/** An optimizer that changes nothing, and keeps the gradient. */
const gradientReader = (): { readonly optimizer: Optimizer; read(): Promise<Float32Array> } => {
  let seen: Tensor1D | undefined;
  return {
    optimizer: {
      kind: 'gradient-reader',
      learningRate: 0,
      settings: {},
      stateSize: 0,
      update: ({ parameters, gradient }) => {
        seen = keep(gradient.clone());
        return { parameters: parameters.clone(), state: [] };
      },
    },
    read: async () => {
      const values = (await seen?.data()) as Float32Array;
      seen?.dispose();
      return Float32Array.from(values);
    },
  };
};

/** Takes steps until it is disposed. */
const startSteps = (problem: Problem, options: AdamOptions): { step(): Promise<number>; dispose(): Promise<void> } => {
  const { field, task } = createTask(problem);
  const run = fit(field, task, { steps: ENDLESS, optimizer: adam(options) });
  return {
    step: async () => {
      const { value } = await run.next();
      if (value === undefined) throw new Error('the fit has ended');
      return value.loss;
    },
    dispose: async () => {
      await run.return();
      field.dispose();
    },
  };
};

const check = async (problem: Problem): Promise<CheckedSteps> => {
  const { field, task } = createTask(problem);
  const reader = gradientReader();
  for await (const _ of fit(field, task, { steps: 1, optimizer: reader.optimizer }));
  const gradient = await reader.read();
  field.dispose();
  const run = startSteps(problem, { learningRate: problem.learningRate });
  const losses: number[] = [];
  let seconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const begin = performance.now();
    losses.push(await run.step());
    if (i > 0) seconds = Math.min(seconds, (performance.now() - begin) / 1000);
  }
  await run.dispose();
  return { gradient, losses, seconds };
};

/** Makes the peer of a backend. @throws Error with the reason when the backend is of no use here */
export const createFieldPeer = async (backend: BackendName): Promise<Peer> => {
  await loadBackend(backend);
  let run: ReturnType<typeof startSteps> | undefined;
  return {
    description: await describeBackend(backend),
    check,
    prepare: async problem => {
      await run?.dispose();
      run = startSteps(problem, { learningRate: problem.learningRate });
      return {};
    },
    step: () => {
      if (run === undefined) throw new Error('nothing was prepared');
      return run.step();
    },
  };
};
