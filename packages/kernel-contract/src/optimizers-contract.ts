/**
 * @file The contract for optimizers: on a backend, a fit with each of them ends bitwise the same when it is interrupted
 *   and resumed, and agrees with the same optimizer in tfjs ops on the cpu backend.
 */
import {
  adam,
  createField,
  lbfgs,
  type Optimizer,
  type ParameterGroup,
  pointwiseLoss,
  siren,
  term,
} from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { adamw, gaussNewton, muon, soap } from '@neural-fields/core/optimizers';
import { describe, expect, it } from 'vitest';
import { dense, extensions, hashedLevel, specOf, tableOf } from './networks.ts';
import { expectResumable, type ParityTolerance, type TrainingCase } from './resumption.ts';

/** Options of the contract. */
export interface OptimizersContractOptions {
  /** Must be registered already, and `cpu` too. */
  readonly backend: string;
  /** Steps of a fit; 7 if absent. Emulated graphics cards need a quarter of a second for a matrix product of tfjs. */
  readonly steps?: number;
}

interface OptimizerCase {
  readonly make: () => Optimizer;
  /** The optimizer's kind where it is not the case's name. */
  readonly kind?: string;
  /** Whether the field has a hashed table with rows that no point reads. */
  readonly hasTable?: boolean;
  readonly groups?: readonly ParameterGroup[];
  readonly tolerance?: ParityTolerance;
}

/** A search compares losses, and pairs and products multiply their rounding. */
const SEARCH: ParityTolerance = { loss: 1e-2, parameters: 1e-2 };

/** Every optimizer, with options other than its defaults. */
const cases: Readonly<Record<string, OptimizerCase>> = {
  adam: { make: () => adam({ learningRate: 3e-3, weightDecay: 1e-3 }) },
  'lazy adam': {
    make: () => adam({ learningRate: 3e-3, weightDecay: 0.5, epsilon: 1e-15, lazy: true }),
    kind: 'adam',
    hasTable: true,
  },
  adamw: { make: () => adamw({ learningRate: 3e-3, weightDecay: 0.1, beta2: 0.99 }) },
  muon: { make: () => muon({ learningRate: 1e-2, weightDecay: 0.1, adam: { learningRate: 3e-3 } }) },
  // The vectors of a basis with eigenvalues near 0, in which there is hardly any gradient, are arbitrary: the outer
  // layers' gradients have a low rank, and epsilon keeps such directions from steps of full length.
  soap: {
    make: () => soap({ learningRate: 3e-3, renewEvery: 1, epsilon: 1e-3 }),
    groups: ['layers.0', 'layers.3'].map(layer => ({ parameters: { layer }, optimizer: adam({ learningRate: 3e-3 }) })),
  },
  lbfgs: { make: () => lbfgs({ maxIterations: 2 }), tolerance: SEARCH },
  gaussNewton: { make: () => gaussNewton({ damping: 0.1, maxProducts: 3 }), tolerance: SEARCH },
};

const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 2, omega0: 5, omegaHidden: 5 });
const withTable = specOf({ inFeatures: 2, layers: [tableOf(2, [hashedLevel(16, 1024)]), dense(1)] });
const mse = pointwiseLoss({ errors: [{ of: 'value', target: 'value' }], penalty: squared });

/** A wave at the points of a grid. */
const coords = Float32Array.from({ length: 72 }, (_, i) => ((i % 2 ? i >> 1 : i / 12) % 6) / 3 - 5 / 6);
const value = Float32Array.from(
  { length: 36 },
  (_, i) => Math.sin(3 * (coords[2 * i] as number)) * (coords[2 * i + 1] as number),
);
const points = {
  inFeatures: 2,
  pointsPerStep: 36,
  fixed: true,
  draw: (start: number, count: number) => ({
    coords: coords.slice(2 * start, 2 * (start + count)),
    targets: { value: value.slice(start, start + count) },
  }),
};

/** A field fitted to the wave. */
const caseOf = ({ make, groups, hasTable }: OptimizerCase, steps: number): TrainingCase => {
  const model = hasTable ? createField(withTable, { seed: 1, extensions }) : createField(spec, { seed: 1 });
  return {
    model,
    terms: [term({ points, loss: mse })],
    options: { steps, optimizer: make(), ...(groups && { groups }) },
    dispose: () => model.dispose(),
  };
};

/** Declares the tests in the caller's `describe`. */
export const optimizersContract = ({ backend, steps = 7 }: OptimizersContractOptions): void => {
  describe.each(Object.entries(cases))('%s', (kind, one) => {
    it('is bitwise the same when interrupted and resumed, and agrees with the cpu backend', async () => {
      expect(one.make().kind).toBe(one.kind ?? kind);
      await expectResumable(() => caseOf(one, steps), backend, one.tolerance);
    });
  });
};
