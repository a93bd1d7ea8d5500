/** @file This project as a peer of whole fits: what a user would write. */
import { writeFileSync } from 'node:fs';
import { sampleAll } from '@neural-fields/app-kit/render';
import {
  adam,
  cosine,
  createField,
  DivergenceError,
  type Field,
  type FitProgress,
  fit,
  type Optimizer,
  parameterLayout,
  siren,
} from '@neural-fields/core';
import { adamw, muon, soap } from '@neural-fields/core/optimizers';
import type { DrawRequest, QualityProblem, QualityRequest, TrainAnswer } from '../quality/problem.ts';
import { type OptimizerName, RATE_BESIDE_MUON } from '../quality/trial.ts';
import { type BackendName, describeBackend, loadBackend } from './backends.ts';
import { readFloats } from './fields-data.ts';
import { serveRequests } from './peer.ts';
import { qualityTerm } from './quality-points.ts';

const optimizers: Readonly<Record<OptimizerName, (learningRate: number) => Optimizer>> = {
  adam: learningRate => adam({ learningRate }),
  adamw: learningRate => adamw({ learningRate }),
  muon: learningRate => muon({ learningRate, adam: { learningRate: RATE_BESIDE_MUON } }),
  soap: learningRate => soap({ learningRate }),
};

const createProblemField = ({ sizes, omega0, omega, parametersFile }: QualityProblem): Field => {
  const spec = siren({
    inFeatures: sizes[0] as number,
    outFeatures: sizes.at(-1) as number,
    hiddenFeatures: sizes[1] as number,
    hiddenLayers: sizes.length - 3,
    omega0,
    omegaHidden: omega,
  });
  const views = parameterLayout(spec).toMap(readFloats(parametersFile));
  return createField(spec, {
    parameters: Object.fromEntries([...views].map(([name, { data }]) => [name, data])),
  });
};

/** A fit that is advanced from evaluation to evaluation. */
class QualityRun {
  readonly #problem: QualityProblem;
  readonly #field: Field;
  readonly #progress: AsyncGenerator<FitProgress, void, undefined>;
  #step = 0;

  constructor(problem: QualityProblem) {
    const { method, steps, seed, evaluateEvery } = problem;
    this.#problem = problem;
    this.#field = createProblemField(problem);
    this.#progress = fit(this.#field, [qualityTerm(problem)], {
      ...{ steps, seed, reportEvery: evaluateEvery, optimizer: optimizers[method.optimizer](method.rate) },
      ...(method.schedule === 'cosine' && { schedule: cosine() }),
    });
  }

  async train(): Promise<TrainAnswer> {
    const begin = performance.now();
    const seconds = (): number => (performance.now() - begin) / 1000;
    try {
      const { value } = await this.#progress.next();
      if (value === undefined) throw new Error('the fit has ended');
      this.#step = value.step;
      return { step: value.step, seconds: seconds() };
    } catch (error) {
      if (!(error instanceof DivergenceError)) throw error;
      return { step: this.#step, seconds: seconds(), diverged: error.message };
    }
  }

  async draw({ where, file }: DrawRequest): Promise<void> {
    const all = readFloats(where === 'samples' ? this.#problem.coordsFile : this.#problem.finerCoordsFile);
    const d = this.#field.inFeatures;
    const points = {
      count: all.length / d,
      coords: (start: number, count: number) => all.subarray(d * start, d * (start + count)),
    };
    const values = await sampleAll(this.#field, points, { quantity: 'value' });
    writeFileSync(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  async dispose(): Promise<void> {
    await this.#progress.return();
    this.#field.dispose();
  }
}

/** Serves whole fits on a backend. */
export const serveQualityPeer = (backend: () => Promise<BackendName>): Promise<void> => {
  let run: QualityRun | undefined;
  const begun = (): QualityRun => {
    if (run === undefined) throw new Error('no run was begun');
    return run;
  };
  return serveRequests<{ readonly description: Awaited<ReturnType<typeof describeBackend>> }, QualityRequest>(
    async () => {
      const name = await backend();
      await loadBackend(name);
      return { description: await describeBackend(name) };
    },
    async (_, request) => {
      switch (request.work) {
        case 'begin':
          await run?.dispose();
          run = new QualityRun(request.problem);
          return {};
        case 'train':
          return begun().train();
        case 'draw':
          await begun().draw(request);
          return {};
      }
    },
  );
};
