/**
 * @file The contract for formulas: every activation and penalty of core, and those of a user, run inside the kernels.
 */
import { type ActivationSpec, createField, type Field, mlp, type PointwiseLoss } from '@neural-fields/core';
import {
  absolute,
  add,
  charbonnierPenalty,
  defineActivation,
  definePenalty,
  div,
  exp,
  huberPenalty,
  log,
  mul,
  neg,
  type Penalty,
  sin,
  square,
  squared,
} from '@neural-fields/core/elementwise';
import { PROGRAM_KERNELS } from '@neural-fields/core/kernels';
import { coreActivations } from '@neural-fields/core/layers';
import { expect, it } from 'vitest';
import { expectLossParity, lossKernels } from './field-loss-contract.ts';
import { expectParity, kernelsOf, measure, pointsFor } from './measure.ts';

/** The tfjs kernel that core runs for activations outside fused kernels. */
const COMPOSED = 'NeuralFieldsActivationJet';

/** An activation with three parameters; all derivatives are symbolic. */
const wavelet = defineActivation({
  kind: 'wavelet',
  parameters: { a: 2, b: 1.5, c: 0.5 },
  value: (x, { a, b, c }) => mul(sin(add(mul(a, x), c)), exp(neg(square(mul(b, x))))),
});

/** A penalty with two parameters: Black and Anandan 1996, with a weight. */
const lorentzian: Penalty = definePenalty({
  kind: 'lorentzian',
  parameters: { scale: 0.4, weight: 1.5 },
  value: (e, { scale, weight }) => mul(weight, log(add(1, square(div(e, scale))))),
});

const extensions = { activations: [wavelet] };

const fieldWith = (activation: ActivationSpec, size: Partial<Parameters<typeof mlp>[0]> = {}): Field => {
  const whole = { inFeatures: 2, outFeatures: 1, hiddenFeatures: 9, hiddenLayers: 1, ...size };
  return createField(mlp({ ...whole, activation, extensions }), { seed: 4, extensions });
};

const kernelsAt = (backend: string, field: Field): Promise<string[]> =>
  kernelsOf(() => measure(backend, field, pointsFor(field, 5), { laplacian: true }));

/** Options of the contract. */
export interface FormulasContractOptions {
  /** Its kernels are registered already, and `cpu` too. */
  readonly backend: string;
  /**
   * False where networks are slow to compile: then the activations of core are left to the contract of field jets,
   * which requires of all of them that the kernels run the whole network.
   */
  readonly exhaustive: boolean;
}

/** Declares the tests in the caller's `describe`. */
export const formulasContract = ({ backend, exhaustive }: FormulasContractOptions): void => {
  it.each(exhaustive ? coreActivations : [])('run $kind in the kernel', async ({ kind, parameters }) => {
    const learned = Object.keys(parameters);
    for (const learnable of learned.length > 0 ? [[], learned] : [[]]) {
      const field = fieldWith({ kind, learnable });
      const names = await kernelsAt(backend, field);
      expect(names).toContain(PROGRAM_KERNELS.forward);
      expect(names).toContain(PROGRAM_KERNELS.backward);
      expect(names).not.toContain(COMPOSED);
      // On cpu nothing is fused: the kernel exists under this name.
      if (kind !== 'identity') expect(await kernelsAt('cpu', field)).toContain(COMPOSED);
    }
  });

  it.each([[], ['a'], ['c', 'a', 'b']].map(learnable => ({ learnable })))(
    "run a user's activation, with $learnable learned",
    async ({ learnable }) => {
      const activation = { kind: 'wavelet', a: 1.25, b: 0.75, c: -0.5, learnable };
      for (const request of [{}, { gradient: true }, { gradient: true, laplacian: true }] as const)
        await expectParity({ backend, field: fieldWith(activation), points: 37, request, relative: 5e-5 });
      const names = await kernelsAt(backend, fieldWith(activation));
      expect(names).toContain(PROGRAM_KERNELS.backward);
      expect(names).not.toContain(COMPOSED);
    },
  );

  const penalties = [squared, absolute, huberPenalty(0.3), charbonnierPenalty(0.01), lorentzian];
  it.each(penalties)('run the penalty $kind', async penalty => {
    const loss: PointwiseLoss = { errors: [{ of: 'value', target: 'value' }], penalty, weight: 'w' };
    const field = (): Field => fieldWith({ kind: 'tanh' }, { outFeatures: 3 });
    const one = { field, points: 21, derivatives: {}, loss };
    await expectLossParity(backend, one);
    expect(await lossKernels(backend, one)).toContain(PROGRAM_KERNELS.loss);
  });
};
