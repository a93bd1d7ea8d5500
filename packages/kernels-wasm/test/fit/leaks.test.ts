/** @file A fit frees all its tensors, whatever goes wrong. */
import {
  adam,
  createField,
  type Field,
  type FitOptions,
  fit,
  lbfgs,
  type Optimizer,
  type PointLoss,
  type PointSource,
  siren,
  type Term,
  term,
} from '@neural-fields/core';
import {
  add,
  log,
  memory,
  neg,
  ready,
  setBackend,
  square,
  squaredDifference,
  type Tensor,
  tensor1d,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import '../../src/index.ts';

const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 1, omega0: 10 });

const source = (fixed: boolean): PointSource => ({
  inFeatures: 2,
  pointsPerStep: 20,
  fixed,
  draw: (start, count, rng) => ({
    coords: Float32Array.from({ length: 2 * count }, (_, i) =>
      fixed ? Math.sin(2 * start + i) : 2 * rng.uniform() - 1,
    ),
    targets: { value: new Float32Array(count).fill(0.5) },
  }),
});
const error: PointLoss = ({ value }, { targets }) => squaredDifference(value, targets['value'] as Tensor);

/** A function that throws at its n-th call. */
const failingAt = (call: number): (() => void) => {
  let calls = 0;
  return () => {
    calls += 1;
    if (calls === call) throw new Error('on purpose');
  };
};

interface Scenario {
  readonly terms: () => Term[];
  readonly options?: () => Partial<FitOptions>;
  /** Ends the iteration, by throwing or by `break`. */
  readonly onReport?: (step: number) => 'break' | undefined;
  readonly message?: string;
}

const plain = (fixed = false): Term[] => [term({ points: source(fixed), loss: error })];

const lossThatFails = (call: number, fixed: boolean): Term[] => {
  const fail = failingAt(call);
  const loss: PointLoss = (jet, batch) => {
    const losses = error(jet, batch);
    fail();
    return losses;
  };
  return [
    term({ name: 'first', points: source(true), loss: error }),
    term({ name: 'second', points: source(fixed), loss }),
  ];
};

const drawThatFails = (call: number, fixed: boolean): Term[] => {
  const fail = failingAt(call);
  const points = source(fixed);
  return [
    term({
      points: {
        ...points,
        draw(...at) {
          fail();
          return points.draw(...at);
        },
      },
      loss: error,
    }),
  ];
};

/** A user's optimizer that leaves an intermediate tensor behind, and calls `onThirdStep` at step 3. */
const optimizerThat = (onThirdStep: (state: readonly Tensor[]) => void): Optimizer => ({
  kind: 'custom',
  learningRate: 1,
  settings: {},
  stateSize: 1,
  update({ parameters, gradient, state, step }) {
    add(parameters, 1);
    if (step === 3) onThirdStep(state);
    // The state is returned unchanged.
    return { parameters: add(parameters, neg(gradient)), state };
  },
});

const abort = (terms: (controller: AbortController) => Term[], options: Partial<FitOptions> = {}): Scenario => {
  const controller = new AbortController();
  return {
    terms: () => terms(controller),
    options: () => ({ ...options, signal: controller.signal }),
    message: 'enough',
  };
};

const abortingTerms = (controller: AbortController, call: number, fixed = false): Term[] => {
  let calls = 0;
  const loss: PointLoss = (jet, batch) => {
    calls += 1;
    if (calls === call) controller.abort(new Error('enough'));
    return error(jet, batch);
  };
  return [term({ points: source(fixed), loss })];
};

const scenarios: Readonly<Record<string, Scenario>> = {
  'a complete fit': { terms: () => plain() },
  'a loss that throws at once': { terms: () => lossThatFails(1, true), message: 'on purpose' },
  'a loss that throws in the middle of a step': { terms: () => lossThatFails(11, false), message: 'on purpose' },
  'a loss that throws in a line search': {
    terms: () => lossThatFails(11, true),
    options: () => ({ optimizer: lbfgs() }),
    message: 'on purpose',
  },
  'a loss of the wrong shape': {
    terms: () => [term({ points: source(false), loss: () => tensor1d([1, 2]) })],
    message: 'the loss must be a scalar or one value for each of',
  },
  'a loss that is NaN': {
    terms: () => [term({ points: source(false), loss: ({ value }) => log(neg(square(value))) })],
    message: 'the loss is NaN',
  },
  'a source that throws at once': { terms: () => drawThatFails(2, true), message: 'on purpose' },
  'a source that throws later': { terms: () => drawThatFails(8, false), message: 'on purpose' },
  'a source with a bad target after a good one': {
    terms: () => {
      const points = source(false);
      const spoiled: PointSource = {
        ...points,
        draw(...at) {
          const batch = points.draw(...at);
          return { ...batch, targets: { ...batch.targets, other: new Float32Array(batch.coords.length / 2 + 1) } };
        },
      };
      return [term({ points: spoiled, loss: error })];
    },
    message: "target 'other' must have the same number of values",
  },
  'an optimizer that throws': {
    terms: () => plain(),
    options: () => ({
      clipNorm: 0.1,
      optimizer: optimizerThat(() => {
        throw new Error('on purpose');
      }),
    }),
    message: 'on purpose',
  },
  'an optimizer that returns its state unchanged': {
    terms: () => plain(),
    options: () => ({ optimizer: optimizerThat(() => undefined) }),
  },
  'an optimizer that returns vectors that are too short': {
    terms: () => plain(),
    options: () => ({
      optimizer: {
        ...optimizerThat(() => undefined),
        update: ({ state }) => ({ parameters: tensor1d([1]), state }),
      } as Optimizer,
    }),
    message: 'custom: an update must return vectors of shape [105], got [1]',
  },
  'a metric that throws': {
    terms: () => {
      const fail = failingAt(3);
      const metrics = {
        bad: (loss: number) => {
          fail();
          return loss;
        },
      };
      return [term({ points: source(false), loss: Object.assign(error.bind(undefined), { metrics }) })];
    },
    message: 'on purpose',
  },
  'a break': { terms: () => plain(), onReport: step => (step === 3 ? 'break' : undefined) },
  'a break at the first report, with an average': {
    terms: () => plain(true),
    options: () => ({ averageDecay: 0.9 }),
    onReport: () => 'break',
  },
  'a break during a line search': {
    terms: () => plain(true),
    options: () => ({ optimizer: lbfgs() }),
    onReport: () => 'break',
  },
  'an error thrown by the caller': {
    terms: () => plain(),
    onReport: step => {
      if (step === 2) throw new Error('on purpose');
      return undefined;
    },
    message: 'on purpose',
  },
  'an abort in the middle of a step': abort(controller => abortingTerms(controller, 5)),
  'an abort in a line search': abort(controller => abortingTerms(controller, 14, true), { optimizer: lbfgs() }),
  'an abort before the first step': abort(controller => {
    controller.abort(new Error('enough'));
    return plain(true);
  }),
  'a store that cannot write': {
    terms: () => plain(),
    options: () => ({
      checkpoint: {
        everySteps: 2,
        store: { read: async () => undefined, write: () => Promise.reject(new Error('on purpose')) },
      },
    }),
    message: 'on purpose',
  },
};

describe.each(['cpu', 'simd'])('on %s', backend => {
  it.each(Object.keys(scenarios))('%s leaves no tensor behind', async name => {
    await setBackend(backend);
    await ready();
    const { terms, options, onReport, message } = scenarios[name] as Scenario;
    const field: Field = createField(spec, { seed: 1 });
    const before = memory();
    const running = async (): Promise<void> => {
      const all: FitOptions = { steps: 6, chunkSize: 7, optimizer: adam({ learningRate: 1e-3 }), ...options?.() };
      for await (const { step } of fit(field, terms(), all)) if (onReport?.(step) === 'break') break;
    };
    if (message === undefined) await running();
    else await expect(running()).rejects.toThrow(message);
    expect(memory()).toMatchObject({ numTensors: before.numTensors, numDataBuffers: before.numDataBuffers });
    field.dispose();
  });
});
