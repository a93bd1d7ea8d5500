/** @file This project as a peer: what a user would write, on one of the backends of tfjs. */
import { adam, type Field, type FitProgress, fit } from '@neural-fields/core';
import type { Problem } from '../protocol.ts';
import { type BackendName, describeBackend, deviceCounter, loadBackend, productsOfBackend } from './backends.ts';
import { createDeviceSide, finishDeviceWork } from './field-device.ts';
import { createTask } from './field-task.ts';
import { gradientReader } from './gradient-reader.ts';
import type { CheckedSteps, Peer } from './peer.ts';

/** More steps than any run takes. */
const ENDLESS = 1_000_000_000;

/** Takes steps until it is disposed. */
class Run {
  readonly #field: Field;
  readonly #progress: AsyncGenerator<FitProgress, void, undefined>;
  /** Steps between two reads of the loss. */
  readonly reportEvery: number;

  constructor(problem: Problem, reportEvery = 1) {
    const { field, task } = createTask(problem);
    this.#field = field;
    this.reportEvery = reportEvery;
    const optimizer = adam({ learningRate: problem.learningRate });
    this.#progress = fit(field, task, { steps: ENDLESS, reportEvery, optimizer });
  }

  /** Takes steps until the next report, and waits until all of its work is done. Returns the loss before its update. */
  async untilReport(): Promise<number> {
    const { value } = await this.#progress.next();
    if (value === undefined) throw new Error('the fit has ended');
    // The loss was read before the update.
    if (deviceCounter()) await finishDeviceWork();
    return value.loss;
  }

  async dispose(): Promise<void> {
    await this.#progress.return();
    this.#field.dispose();
  }
}

const check = async (problem: Problem): Promise<CheckedSteps> => {
  const { field, task } = createTask(problem);
  const reader = gradientReader();
  for await (const _ of fit(field, task, { steps: 1, optimizer: reader.optimizer }));
  const gradient = await reader.read();
  field.dispose();
  const run = new Run(problem);
  const losses: number[] = [];
  let seconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const begin = performance.now();
    losses.push(await run.untilReport());
    if (i > 0) seconds = Math.min(seconds, (performance.now() - begin) / 1000);
  }
  await run.dispose();
  return { gradient, losses, seconds };
};

/** Makes the peer of a backend. @throws Error with the reason when the backend cannot be used here */
export const createFieldPeer = async (backend: BackendName): Promise<Peer> => {
  await loadBackend(backend);
  const counter = deviceCounter();
  let problem: Problem | undefined;
  let run: Run | undefined;
  const prepared = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('nothing was prepared');
    return value;
  };
  return {
    description: await describeBackend(backend),
    check,
    prepare: async given => {
      await run?.dispose();
      problem = given;
      run = new Run(problem);
      const products = productsOfBackend(backend, problem.supervision);
      return products === undefined ? {} : { products };
    },
    // A device works while the host continues: of consecutive steps only the last one is read and waited for.
    getReady: async count => {
      if (counter === undefined || prepared(run).reportEvery === count) return;
      await run?.dispose();
      run = new Run(prepared(problem), count);
      await run.untilReport();
    },
    steps: async count => {
      const loss = await prepared(run).untilReport();
      for (let i = prepared(run).reportEvery; i < count; i++) await prepared(run).untilReport();
      return loss;
    },
    ...(counter && { device: createDeviceSide(counter, () => prepared(problem)) }),
  };
};
