/**
 * @file The contract for optimizers: on a backend, a fit with each of them ends bitwise the same when it is interrupted
 *   and resumed, and agrees with the same optimizer in tfjs ops on the cpu backend.
 */
import { adam, createField, type Optimizer, pointwiseLoss, siren, term } from '@neural-fields/core';
import { squared } from '@neural-fields/core/elementwise';
import { adamw, muon } from '@neural-fields/core/optimizers';
import { describe, expect, it } from 'vitest';
import { expectResumable, type ParityTolerance, type TrainingCase } from './resumption.ts';

/** Options of the contract. */
export interface OptimizersContractOptions {
  /** Must be registered already, and `cpu` too. */
  readonly backend: string;
}

interface OptimizerCase {
  readonly make: () => Optimizer;
  readonly tolerance?: ParityTolerance;
}

/** Every optimizer, with options other than its defaults. */
const cases: Readonly<Record<string, OptimizerCase>> = {
  adam: { make: () => adam({ learningRate: 3e-3, weightDecay: 1e-3 }) },
  adamw: { make: () => adamw({ learningRate: 3e-3, weightDecay: 0.1, beta2: 0.99 }) },
  muon: { make: () => muon({ learningRate: 1e-2, weightDecay: 0.1, adam: { learningRate: 3e-3 } }) },
};

const spec = siren({ inFeatures: 2, outFeatures: 1, hiddenFeatures: 8, hiddenLayers: 2, omega0: 5, omegaHidden: 5 });
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
const caseOf = (optimizer: Optimizer): TrainingCase => {
  const model = createField(spec, { seed: 1 });
  return { model, terms: [term({ points, loss: mse })], options: { optimizer }, dispose: () => model.dispose() };
};

/** Declares the tests in the caller's `describe`. */
export const optimizersContract = ({ backend }: OptimizersContractOptions): void => {
  describe.each(Object.entries(cases))('%s', (kind, { make, tolerance }) => {
    it('is bitwise the same when interrupted and resumed, and agrees with the cpu backend', async () => {
      expect(make().kind).toBe(kind);
      await expectResumable(() => caseOf(make()), backend, tolerance);
    });
  });
};
